import type { AdapterDefinition } from '../adapters/definition.ts'
import { BUILTIN_ADAPTERS } from '../adapters/registry.ts'
import type { Guess } from './guess.ts'
import type { Subject } from './subject.ts'

/** More reasons than this make nobody change his mind. */
const MOST_REASONS = 3

/** What is to be said where the server looks like another type than the config says; undefined where nothing is. */
export function mismatchOf({ types, backend }: Subject, guess: Guess | undefined): string | undefined {
  const [type] = types
  const suggested = guess === undefined ? undefined : BUILTIN_ADAPTERS.get(guess.types[0])
  if (type === undefined || guess === undefined || suggested === undefined || !guess.sure) return undefined
  // An adapter of the user's own that extends none may be right about anything.
  if (!types.some((known) => BUILTIN_ADAPTERS.has(known)) || types.some((known) => guess.types.includes(known))) return undefined
  // Many clouds have a second API beside OpenAI's, which their address does not tell from it.
  if (guess.byAddress && backend.adapter.wire !== 'openai' && suggested.wire === 'openai') return undefined
  const would = advantagesOf(backend.adapter, suggested).slice(0, MOST_REASONS)
  return `type: ${type}, but this looks like ${guess.server} (${guess.because.join(', ')}); type: ${suggested.id} would ${sentence(would)}`
}

/** What the other adapter would do otherwise, most important first; each fits behind "would". */
function advantagesOf(own: AdapterDefinition, other: AdapterDefinition): readonly string[] {
  return [
    ...(own.wire === other.wire ? [] : ['speak its own API']),
    ...listAdvantage(own, other),
    ...(other.health === undefined || own.health?.path === other.health.path ? [] : [`ask ${other.health.path} for its health`]),
    ...rewriteAdvantages(own, other),
    ...endpointAdvantages(own, other),
  ]
}

function listAdvantage({ models: own }: AdapterDefinition, { models: other }: AdapterDefinition): readonly string[] {
  const [path] = other?.paths ?? []
  return path === undefined || own?.paths.includes(path) === true ? [] : [`read its models from ${path}`]
}

function rewriteAdvantages(own: AdapterDefinition, other: AdapterDefinition): readonly string[] {
  const { rename = {}, drop = [] } = other.rewrite.chat ?? {}
  const mine = own.rewrite.chat
  const renames = Object.entries(rename).filter(([name, to]) => mine?.rename[name] !== to)
  const drops = drop.filter((name) => mine?.drop.includes(name) !== true)
  return [
    ...renames.map(([name, to]) => `send ${name} as ${to}`),
    ...(drops.length === 0 ? [] : [`leave out what it refuses (${drops.join(', ')})`]),
  ]
}

function endpointAdvantages(own: AdapterDefinition, other: AdapterDefinition): readonly string[] {
  const names = Object.keys(own.paths).filter((name) => !Object.keys(other.paths).includes(name))
  return names.length === 0 ? [] : [`not offer what it lacks (${names.join(', ')})`]
}

function sentence(parts: readonly string[]): string {
  if (parts.length === 0) return 'fit'
  const last = parts.at(-1) ?? ''
  return parts.length === 1 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`
}
