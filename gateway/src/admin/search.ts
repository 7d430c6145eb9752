import { isAllowed, type Permission, type Role } from '@jairouter/contract/management/roles'
import { SEARCH_KINDS, searchAnswerSchema, searchQuerySchema, type SearchHit } from '@jairouter/contract/management/search'
import type { Snapshot } from '../config/snapshot.ts'
import { defineRoute, type AnyRoute } from './route.ts'

export interface SearchPorts {
  readonly snapshot: () => Pick<Snapshot, 'backends' | 'models' | 'routes'>
  /** The config as it is written, with secrets masked. */
  readonly written: () => unknown
}

const MOST_HITS = 20
/** Paths of the config that are looked at; one that has more is too large for a palette. */
const MOST_PATHS = 20_000
const DEEPEST = 12

export function searchRoutes(ports: SearchPorts): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/search',
      permission: 'me',
      tag: 'Overview',
      summary: 'Finds backends, models, instances and settings by a part of their names',
      description: 'At most 20, the closest first, and only what one’s role may see.',
      query: searchQuerySchema,
      answers: { 200: { description: 'What was found', schema: searchAnswerSchema } },
      example: { answer: { items: [{ kind: 'backend', id: 'gpu-1', detail: 'vllm' }] } },
      handle: ({ query: { q }, actor }) => ({ body: { items: find(q, actor?.kind === 'user' ? actor.role : 'admin', ports) } }),
    }),
  ]
}

const PERMISSION: Readonly<Record<SearchHit['kind'], Permission>> = {
  backend: 'config.read',
  model: 'models.use',
  instance: 'instances.read',
  config: 'config.read',
}

export function find(q: string, role: Role, ports: SearchPorts): readonly SearchHit[] {
  const words = q.toLowerCase().split(/\s+/)
  const found: { readonly hit: SearchHit; readonly rank: number }[] = []
  for (const kind of SEARCH_KINDS) {
    // Who may read the config sees its models, too.
    const mayRead = isAllowed(role, PERMISSION[kind]) || (kind === 'model' && isAllowed(role, 'config.read'))
    if (!mayRead) continue
    for (const hit of SOURCES[kind](ports)) {
      const rank = rankOf(hit, words)
      if (rank !== undefined) found.push({ hit, rank })
    }
  }
  return found
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST_HITS)
    .map(({ hit }) => hit)
}

const SOURCES: Readonly<Record<SearchHit['kind'], (ports: SearchPorts) => Iterable<SearchHit>>> = {
  *backend({ snapshot }) {
    for (const { id, adapter } of snapshot().backends.values()) yield { kind: 'backend', id, detail: adapter.id }
  },
  *model({ snapshot }) {
    for (const { id, services } of snapshot().models) yield { kind: 'model', id, detail: services.join(', ') }
  },
  *instance({ snapshot }) {
    const seen = new Set<string>()
    for (const routes of snapshot().routes.values()) {
      for (const { instances } of routes.values()) {
        for (const { id } of instances) {
          if (!seen.has(id)) yield { kind: 'instance', id }
          seen.add(id)
        }
      }
    }
  },
  *config({ written }) {
    let count = 0
    for (const id of pathsOf(written(), '', 0)) {
      count += 1
      if (count > MOST_PATHS) return
      yield { kind: 'config', id }
    }
  },
}

/** Paths alone: values may be anything. Items of lists go by their names. */
function* pathsOf(value: unknown, path: string, depth: number): Iterable<string> {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return
  const steps = Array.isArray(value)
    ? value.map((item: unknown, index) => [`${path}[${nameOf(item) ?? index}]`, item] as const)
    : Object.entries(value).map(([key, inner]) => [path === '' ? key : `${path}.${key}`, inner] as const)
  for (const [step, inner] of steps) {
    yield step
    yield* pathsOf(inner, step, depth + 1)
  }
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { id, name } = item as { readonly id?: unknown; readonly name?: unknown }
  return typeof id === 'string' ? id : typeof name === 'string' ? name : undefined
}

/** Lower is closer; undefined where not every word is in it. */
function rankOf({ kind, id, detail = '' }: SearchHit, words: readonly string[]): number | undefined {
  const name = id.toLowerCase()
  const text = `${name} ${detail.toLowerCase()}`
  if (!words.every((word) => text.includes(word))) return undefined
  const [first = ''] = words
  const place = name === first ? 0 : name.startsWith(first) ? 1 : name.includes(first) ? 2 : 3
  return place * 1_000 + (kind === 'config' ? 500 : 0) + Math.min(499, name.length)
}
