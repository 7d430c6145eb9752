import { isObject, type JsonObject } from '../../lib/json.ts'
import { mergePatch } from '../../lib/merge-patch.ts'
import { pointerSegment } from '../../lib/strict-json.ts'
import type { ConfigEdit, ConfigPath } from '../../versions/config-desk.ts'
import { AdminProblem } from '../route.ts'

/** How a secret is shown (`{ set, last4, from }`). Sent back as it is, it says: leave the secret as it is. */
export function isMasked(value: unknown): value is JsonObject {
  return isObject(value) && typeof value['set'] === 'boolean' && Object.keys(value).every((key) => MASK_FIELDS.has(key))
}

const MASK_FIELDS: ReadonlySet<string> = new Set(['set', 'last4', 'from', 'resolved'])

/** RFC 7396; a secret that is sent as it was shown stays. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  return mergePatch(target, patch, isMasked)
}

/**
 * What makes `after` of `before` at this place, as few and small edits as there can be, so that all that stays the same
 * keeps its comments, its `${VAR}` and its secrets. Undefined: not there. Throws a 400 where a masked secret stands in
 * `after` and there is none that could be kept.
 */
export function editsBetween(path: ConfigPath, before: unknown, after: unknown): ConfigEdit[] {
  if (after === undefined) return before === undefined ? [] : [{ op: 'remove', path }]
  if (isObject(before) && isObject(after) && !isMasked(before) && !isMasked(after)) {
    const inLists: ConfigEdit[] = []
    const patch = patchBetween(before, after, { path, pointer: '', inLists })
    return [...(Object.keys(patch).length > 0 ? [{ op: 'merge', path, value: patch } as const] : []), ...inLists]
  }
  if (isSame(before, after)) return []
  refuseMasked(after, '')
  return [{ op: 'put', path, value: withoutNulls(after) }]
}

interface At {
  readonly path: ConfigPath
  readonly pointer: string
  /** Edits that no merge patch can say, since it knows lists only as a whole. */
  readonly inLists: ConfigEdit[]
}

function patchBetween(before: JsonObject, after: JsonObject, at: At): JsonObject {
  const patch: [string, unknown][] = Object.keys(before)
    .filter((key) => (after[key] ?? null) === null)
    .map((key) => [key, null])
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined
    if (value === null || isSame(old, value)) continue
    const inside = { ...at, path: [...at.path, key], pointer: `${at.pointer}${pointerSegment(key)}` }
    if (isObject(old) && isObject(value) && !isMasked(old) && !isMasked(value)) {
      const nested = patchBetween(old, value, inside)
      if (Object.keys(nested).length > 0) patch.push([key, nested])
    } else if (Array.isArray(value) && holdsMasked(value)) at.inLists.push(...itemEdits(inside, Array.isArray(old) ? old : [], value))
    else {
      refuseMasked(value, inside.pointer)
      patch.push([key, withoutNulls(value)])
    }
  }
  return Object.fromEntries(patch)
}

/** Item by item, each found by its own name: the secrets of those that stay are left where they are. */
function itemEdits({ path, pointer }: At, before: readonly unknown[], after: readonly unknown[]): ConfigEdit[] {
  const stepOf = (item: unknown) => {
    if (isObject(item) && typeof item['id'] === 'string') return { id: item['id'] }
    return isObject(item) && typeof item['name'] === 'string' ? { name: item['name'] } : undefined
  }
  const nameOf = (item: unknown) => JSON.stringify(stepOf(item))
  const old = new Map(before.map((item) => [nameOf(item), item]))
  const kept = new Set(after.map(nameOf))
  const edits = after.flatMap((item, index) => {
    const step = stepOf(item)
    if (step === undefined) {
      refuseMasked(item, `${pointer}/${index}`)
      throw refusal(`${pointer}/${index}`, 'needs its id or name, so that the secrets beside it can stay')
    }
    const found = old.get(nameOf(item))
    if (found === undefined) refuseMasked(item, `${pointer}/${index}`)
    return editsBetween([...path, step], found, item)
  })
  const removed = before.flatMap((item) => {
    const step = stepOf(item)
    return step === undefined || kept.has(nameOf(item)) ? [] : [{ op: 'remove', path: [...path, step] } as const]
  })
  return [...removed, ...edits]
}

function isSame(a: unknown, b: unknown): boolean {
  if (isMasked(a) && isMasked(b)) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  if (!isObject(a) || !isObject(b)) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}

function holdsMasked(value: unknown): boolean {
  if (isMasked(value)) return true
  if (Array.isArray(value)) return value.some(holdsMasked)
  return isObject(value) && Object.values(value).some(holdsMasked)
}

function refuseMasked(value: unknown, pointer: string): void {
  if (isMasked(value)) throw refusal(pointer, 'there is no secret here that could be kept; send it as text')
  const inside = Array.isArray(value) ? value.entries() : isObject(value) ? Object.entries(value) : []
  for (const [key, item] of inside) refuseMasked(item, `${pointer}${pointerSegment(key)}`)
}

function refusal(pointer: string, message: string): AdminProblem {
  return new AdminProblem('invalid_request', '', { details: [{ pointer, code: 'invalid', message }] })
}

/** `null` says "not there", as in a merge patch; the config has no other use for it. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item)]])))
}
