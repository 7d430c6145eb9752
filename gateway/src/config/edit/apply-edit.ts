import { isObject } from '../../lib/json.ts'
import { mergePatch } from '../../lib/merge-patch.ts'
import { EditRefused, type ConfigEdit, type ConfigPath, type ConfigStep } from './config-edit.ts'
import { formatConfigPath } from './config-path.ts'
import { hasKey, withKey, withoutKey, type Plain, type PlainMap } from './plain.ts'

/** What the edits make of a value. Throws an EditRefused. */
export function applyEdits(value: Plain, edits: readonly ConfigEdit[]): Plain {
  return edits.reduce<Plain>(applyEdit, value)
}

/** What the edit makes of a value; the value itself stays as it is. Throws an EditRefused. */
export function applyEdit(value: Plain, edit: ConfigEdit): Plain {
  if (edit.op !== 'remove') refuseKeys(edit.value, edit.path)
  const step: Change = edit.op === 'remove' ? REMOVED : edit.op === 'put' ? () => edit.value : (old) => mergePatch(old, edit.value)
  if (edit.op === 'remove' && !isThere(value, edit.path)) throw missing(edit.path)
  const result = changeAt(value, edit.path, step, 0)
  return result === GONE ? {} : result
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: Plain, path: ConfigPath): Plain {
  let at = value
  for (const step of path) {
    if (Array.isArray(at)) {
      const index = indexOf(at, step)
      at = index === -1 ? undefined : at[index]
    } else {
      const key = typeof step === 'object' ? undefined : String(step)
      at = key !== undefined && isObject(at) && hasKey(at, key) ? at[key] : undefined
    }
  }
  return at
}

function isThere(value: Plain, path: ConfigPath): boolean {
  return valueAt(value, path) !== undefined
}

const GONE = Symbol('gone')
type Change = (old: Plain) => unknown
const REMOVED: Change = () => GONE

function changeAt(value: Plain, path: ConfigPath, change: Change, depth: number): unknown {
  const step = path[depth]
  if (step === undefined) return change(value)
  const at = isNothing(value) ? emptyFor(step) : value
  if (Array.isArray(at)) return changeItem(at, { path, step, depth }, change)
  if (!isObject(at)) throw refused(path, depth, 'is no mapping and no list')
  if (typeof step === 'object') throw refused(path, depth, 'is a mapping, where a list is needed')
  const key = String(step)
  const next = changeAt(hasKey(at, key) ? at[key] : undefined, path, change, depth + 1)
  return next === GONE ? withoutKey(at, key) : withKey(at, key, next)
}

function changeItem(
  list: readonly Plain[],
  { path, step, depth }: { path: ConfigPath; step: ConfigStep; depth: number },
  change: Change,
): readonly Plain[] {
  if (typeof step === 'string' && !/^\d+$/.test(step)) throw refused(path, depth, 'is a list; an item is named by its id, name or place')
  const found = indexOf(list, step)
  const index = found === -1 ? list.length : found
  if (typeof step !== 'object' && Number(step) > list.length) throw refused(path, depth, `has only ${list.length} items`)
  const next = changeAt(found === -1 ? undefined : list[found], path, change, depth + 1)
  if (next === GONE) return list.toSpliced(index, 1)
  const named = typeof step === 'object' && isObject(next) ? { ...missingName(step, next), ...next } : next
  return list.toSpliced(index, found === -1 ? 0 : 1, named)
}

/** The item is called as the step says, unless it says so itself. */
function missingName(step: Exclude<ConfigStep, string | number>, item: PlainMap): PlainMap {
  const [[key = '', name] = []] = Object.entries(step)
  return hasKey(item, key) ? {} : { [key]: name }
}

function indexOf(list: readonly Plain[], step: ConfigStep): number {
  if (typeof step !== 'object') return Number(step) < list.length ? Number(step) : -1
  const [[key = '', name] = []] = Object.entries(step)
  return list.findIndex((item) => isObject(item) && hasKey(item, key) && String(item[key]) === name)
}

function emptyFor(step: ConfigStep): Plain {
  return typeof step === 'string' ? {} : []
}

function isNothing(value: Plain): boolean {
  return value === undefined || value === null
}

/** Keys that YAML, or JavaScript, takes for something else. */
function refuseKeys(value: Plain, path: ConfigPath): void {
  if (Array.isArray(value)) for (const item of value) refuseKeys(item, path)
  if (!isObject(value)) return
  for (const [key, inner] of Object.entries(value)) {
    if (key === '<<' || key === '__proto__') throw new EditRefused('invalid', path, `"${key}" is not a possible key`)
    refuseKeys(inner, path)
  }
}

function refused(path: ConfigPath, depth: number, why: string): EditRefused {
  return new EditRefused('invalid', path, `${formatConfigPath(path.slice(0, depth)) || 'the config'} ${why}`)
}

function missing(path: ConfigPath): EditRefused {
  return new EditRefused('not_found', path, `There is no ${formatConfigPath(path)}`)
}
