import { configSchema, type Config } from '@jairouter/contract/config'
import type { ProblemDetail } from '@jairouter/contract/management/problem'
import { pointerOf } from '../../src/admin/issue-details.ts'
import { isObject, listOf, objectsIn, type JsonObject } from '../../src/lib/json.ts'
import {
  DeskProblem,
  type ChangeRequest,
  type ConfigDesk,
  type ConfigEdit,
  type ConfigState,
  type ConfigStep,
  type Validation,
} from '../../src/versions/config-desk.ts'

export interface FakeDesk extends ConfigDesk {
  /** As it is kept: with secrets. */
  readonly raw: () => JsonObject
  readonly requests: readonly ChangeRequest[]
  /** Runs once, before the next change is looked at: somebody else is quicker. */
  meanwhile: (() => void) | undefined
  put(raw: JsonObject): void
}

/** The config desk over plain data: edits, validates by the contract's schema and by who needs which backend, masks `apiKey` and `key`. */
export function createFakeDesk(first: JsonObject, variables: Readonly<Record<string, string>> = {}): FakeDesk {
  let raw = first
  let number = 1
  const requests: ChangeRequest[] = []

  function check(next: JsonObject): { readonly config: Config } | { readonly diagnostics: readonly ProblemDetail[] } {
    const read = configSchema.safeParse(replaced(next, variables))
    if (!read.success)
      return {
        diagnostics: read.error.issues.map(({ path, code, message, ...issue }) => ({
          pointer: pointerOf(code === 'unrecognized_keys' && 'keys' in issue ? [...path, String(listOf(issue.keys)[0])] : path),
          code,
          message,
        })),
      }
    const known = new Set(read.data.backends.map(({ id }) => id))
    const diagnostics = read.data.models.flatMap(({ targets }, model) =>
      targets.flatMap(({ backend }, target) =>
        known.has(backend)
          ? []
          : [{ pointer: `/models/${model}/targets/${target}/backend`, code: 'unknown_backend', message: `unknown backend "${backend}"` }],
      ),
    )
    return diagnostics.length > 0 ? { diagnostics } : { config: read.data }
  }

  function state(): ConfigState {
    const checked = check(raw)
    if (!('config' in checked)) throw new Error(`The test's own config is not valid: ${JSON.stringify(checked.diagnostics)}`)
    const version = { number, author: 'test', time: '', origin: 'api', message: '', base: number - 1, text: '' } as const
    return { version, written: masked(raw) as JsonObject, config: checked.config }
  }

  function validation(edits: readonly ConfigEdit[]): Validation & { readonly next: JsonObject } {
    const next = edits.reduce(applyEdit, structuredClone(raw) as JsonObject)
    const checked = check(next)
    const diagnostics = 'diagnostics' in checked ? checked.diagnostics : []
    const changes = edits.map(({ path }) => ({ op: 'changed', path: String(path[0]) }) as const)
    return { ok: diagnostics.length === 0, diagnostics, changes, unified: '@@', next }
  }

  const notHere = () => Promise.reject(new Error('not a part of this test'))
  const desk: FakeDesk = {
    get state() {
      return state()
    },
    raw: () => raw,
    requests,
    meanwhile: undefined,
    put: (next) => void (raw = next),
    async validate(change, options) {
      await Promise.resolve()
      const result = validation('edits' in change ? change.edits : [])
      options?.mayChange?.(result.changes, [])
      return result
    },
    async change(request) {
      await Promise.resolve()
      const { meanwhile } = desk
      desk.meanwhile = undefined
      meanwhile?.()
      request.precondition?.(state())
      const { next, ...result } = validation('edits' in request.change ? request.change.edits : [])
      request.mayChange?.(result.changes, [])
      if (!result.ok) throw new DeskProblem('invalid_config', 'The config would not be valid', result.diagnostics)
      raw = next
      number += 1
      requests.push(request)
      return { ...result, version: state().version }
    },
    confirm: notHere,
    revert: notHere,
    get: notHere,
    list: notHere,
    diff: notHere,
    remove: notHere,
    blame: notHere,
  }
  return desk
}

function applyEdit(root: JsonObject, edit: ConfigEdit): JsonObject {
  return at(root, edit.path, edit) as JsonObject
}

function at(value: unknown, [step, ...rest]: readonly ConfigStep[], edit: ConfigEdit): unknown {
  if (step === undefined) return edit.op === 'merge' ? merge(value, edit.value) : edit.op === 'put' ? edit.value : undefined
  if (typeof step === 'string') {
    const fields = new Map(Object.entries(isObject(value) ? value : {}))
    const inside = at(fields.get(step), rest, edit)
    if (inside === undefined) fields.delete(step)
    else fields.set(step, inside)
    return Object.fromEntries(fields)
  }
  if (typeof step === 'number') throw new Error('no test needs it')
  const [[key, name] = ['', '']] = Object.entries(step)
  const list = [...listOf(value)]
  const index = list.findIndex((item) => isObject(item) && item[key] === name)
  const inside = at(list[index], rest, edit)
  if (inside === undefined) list.splice(index, 1)
  else if (index < 0) list.push(inside)
  else list[index] = inside
  return list
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const fields = new Map(Object.entries(isObject(target) ? target : {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) fields.delete(key)
    else fields.set(key, merge(fields.get(key), value))
  }
  return Object.fromEntries(fields)
}

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      (key === 'apiKey' || key === 'key') && typeof item === 'string'
        ? [key, { set: true, last4: item.slice(-4), from: 'file' }]
        : [key, masked(item)],
    ),
  )
}

function replaced(value: unknown, variables: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    const text = value.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => variables[name] ?? '')
    return text !== value && /^\d+$/.test(text) ? Number(text) : text
  }
  if (Array.isArray(value)) return value.map((item) => replaced(item, variables))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, variables)]))
}

/** Of a list in the kept config: its items by their id or name. */
export function keptItem(desk: FakeDesk, section: string, name: string): JsonObject | undefined {
  return objectsIn(desk.raw()[section]).find((item) => item['id'] === name || item['name'] === name)
}
