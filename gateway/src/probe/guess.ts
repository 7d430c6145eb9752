import { BUILTIN_ADAPTERS } from '../adapters/registry.ts'
import type { Answer } from './answer.ts'
import { FINGERPRINTS, typeAt, type Fingerprint, type Mark } from './fingerprints.ts'

/** What a server looks like by what it answers. */
export interface Guess {
  /** `Ollama`. */
  readonly server: string
  /** The adapters for it, the usual one first. */
  readonly types: readonly [string, ...string[]]
  /** False: little speaks for it. */
  readonly sure: boolean
  /** `answers /api/version`, the strongest first. */
  readonly because: readonly string[]
  /** Its address says so: which of its APIs is meant stays open. */
  readonly byAddress: boolean
}

/** Weights of this sum and more leave no doubt. */
const SURE = 3

/** Undefined where nothing speaks for any server, or as much for one as for another. */
export function guessServer(origin: string, answers: readonly Answer[]): Guess | undefined {
  const type = typeAt(origin)
  if (type !== undefined) {
    const server = fingerprintOf(type)?.server ?? BUILTIN_ADAPTERS.get(type)?.label ?? type
    return { server, types: typesOf(type), sure: true, because: ['by its address'], byAddress: true }
  }
  const [best, second] = FINGERPRINTS.map((fingerprint) => weigh(fingerprint, answers)).sort((a, b) => b.weight - a.weight)
  if (best === undefined || best.weight === 0 || best.weight === second?.weight) return undefined
  const { server, types } = best.fingerprint
  return { server, types, sure: best.weight >= SURE, because: best.marks.map(({ says }) => says), byAddress: false }
}

/** What is known of the servers for which an adapter is the usual one, or another one. */
export function fingerprintOf(type: string): Fingerprint | undefined {
  return FINGERPRINTS.find(({ types }) => types[0] === type) ?? FINGERPRINTS.find(({ types }) => types.includes(type))
}

function typesOf(type: string): readonly [string, ...string[]] {
  const [first, ...rest] = fingerprintOf(type)?.types ?? [type]
  return first === type ? [first, ...rest] : [type]
}

interface Weighed {
  readonly fingerprint: Fingerprint
  readonly weight: number
  /** Those that were seen, the heaviest first. */
  readonly marks: readonly Mark[]
}

function weigh(fingerprint: Fingerprint, answers: readonly Answer[]): Weighed {
  const seen = fingerprint.marks.filter(({ shows }) =>
    answers.some(({ question, outcome }) => outcome.kind === 'answered' && shows(pathOf(question.path), outcome)),
  )
  const marks = [...seen].sort((a, b) => b.weight - a.weight)
  return { fingerprint, weight: marks.reduce((sum, { weight }) => sum + weight, 0), marks }
}

function pathOf(path: string): string {
  return path.split('?', 1)[0] ?? path
}
