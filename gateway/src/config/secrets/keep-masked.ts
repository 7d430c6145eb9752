import { applyEdit, valueAt } from '../edit/apply-edit.ts'
import type { ConfigEdit, ConfigPath } from '../edit/config-edit.ts'
import { isObject } from '../../lib/json.ts'
import { hasKey, nameOf, type Plain, type PlainMap } from '../edit/plain.ts'
import { isMasked } from './mask.ts'
import { isSecretPath } from './secret-places.ts'
import type { WrittenPath } from '../edit/config-path.ts'

/** What the edits make of a config as written: a secret that is masked in an edit, or not named by it, stays what it is. Throws an EditRefused. */
export function applyKeeping(written: PlainMap, edits: readonly ConfigEdit[]): PlainMap {
  let result: Plain = written
  for (const edit of edits) {
    const meant = unmasked(edit, result)
    if (meant.op === 'remove' || meant.value !== undefined) result = applyEdit(result, meant)
  }
  return isObject(result) ? result : {}
}

function unmasked(edit: ConfigEdit, before: Plain): ConfigEdit {
  if (edit.op === 'remove') return edit
  const old = valueAt(before, edit.path)
  const path = toWritten(edit.path)
  // A merge says what changes, so what stands there is what it comes to. Lists within it are replaced as a whole.
  if (edit.op === 'merge') return { ...edit, value: keepIn(edit.value, { old, path, whole: false }) }
  return { ...edit, value: keepIn(edit.value, { old, path, whole: true }) }
}

interface Place {
  readonly old: Plain
  readonly path: WrittenPath
  /** Takes the place of what was there; otherwise it is merged into it. */
  readonly whole: boolean
}

/** Undefined: says nothing, as there was nothing to keep. */
function keepIn(value: Plain, { old, path, whole }: Place): Plain {
  if (isMasked(value) && isSecretPath(path)) return old
  if (Array.isArray(value)) {
    return value.map((item, index) => {
      const name = nameOf(item)
      const before = Array.isArray(old) ? (name === undefined ? old[index] : old.find((other) => nameOf(other) === name)) : undefined
      return keepIn(item, { old: before, path: [...path, { item: name ?? index }], whole: true })
    })
  }
  if (!isObject(value)) return value
  const known = isObject(old) ? old : {}
  const given = Object.entries(value).map(([key, inner]) => {
    const next = { old: hasKey(known, key) ? known[key] : undefined, path: [...path, { key }], whole }
    return [key, whole && inner === null && isSecretPath(next.path) ? undefined : keepIn(inner, next)] as const
  })
  return { ...(whole ? unnamedSecrets(value, known, path) : {}), ...Object.fromEntries(given.filter(([, inner]) => inner !== undefined)) }
}

/** Secrets, and mappings of nothing but secrets, that what takes their place does not name. */
function unnamedSecrets(value: PlainMap, old: PlainMap, path: WrittenPath): PlainMap {
  // Of a mapping whose keys are free, one that is not named is one that goes.
  if (isSecretPath([...path, { key: 'authorization' }])) return {}
  const kept = Object.entries(old).filter(([key]) => {
    const below: WrittenPath = [...path, { key }]
    return !hasKey(value, key) && (isSecretPath(below) || isSecretPath([...below, { key: 'authorization' }]))
  })
  return Object.fromEntries(kept)
}

function toWritten(path: ConfigPath): WrittenPath {
  return path.map((step) => {
    if (typeof step === 'object') return { item: 'id' in step ? step.id : step.name }
    return typeof step === 'string' ? { key: step } : { item: step }
  })
}
