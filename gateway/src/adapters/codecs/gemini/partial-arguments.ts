import { isObject, type JsonObject } from '../../../lib/json.ts'
import { CodecMismatch } from '../codec.ts'

type Step = string | number

/** Deeper paths than any function's arguments have. */
const MAXIMUM_STEPS = 64
/** One step of the paths that Gemini writes: `.name`, `[0]`, `['name']`, `["name"]` (a subset of RFC 9535). */
const STEP = /\.([^.[\]]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y

/**
 * Arguments with one entry of `partialArgs` put in. A string for a place that holds a string already continues it.
 * Throws a CodecMismatch for a path or a value that makes no sense.
 */
export function withPartialArgument(args: JsonObject, partial: unknown): JsonObject {
  if (!isObject(partial)) throw new CodecMismatch('A piece of arguments is no object')
  const next = put(args, stepsOf(partial['jsonPath']), valueOf(partial))
  if (!isObject(next)) throw new CodecMismatch('A piece of arguments names no place')
  return next
}

function stepsOf(path: unknown): readonly Step[] {
  if (typeof path !== 'string' || !path.startsWith('$')) throw new CodecMismatch('A piece of arguments has no path')
  const steps: Step[] = []
  for (STEP.lastIndex = 1; STEP.lastIndex < path.length;) {
    const [found, name, index, single, double] = STEP.exec(path) ?? []
    if (found === undefined || steps.length === MAXIMUM_STEPS) throw new CodecMismatch('A piece of arguments has a path that can’t be read')
    steps.push(index === undefined ? (name ?? (single ?? double ?? '').replaceAll(/\\(.)/g, '$1')) : Number(index))
  }
  return steps
}

function valueOf(partial: JsonObject): unknown {
  if (typeof partial['stringValue'] === 'string') return partial['stringValue']
  if (typeof partial['numberValue'] === 'number') return partial['numberValue']
  if (typeof partial['boolValue'] === 'boolean') return partial['boolValue']
  if ('nullValue' in partial) return null
  throw new CodecMismatch('A piece of arguments has no value')
}

function put(holder: unknown, [step, ...rest]: readonly Step[], value: unknown): unknown {
  if (step === undefined) return typeof holder === 'string' && typeof value === 'string' ? holder + value : value
  if (typeof step === 'number') {
    const list: readonly unknown[] = Array.isArray(holder) ? holder : []
    // Elements come in order; a far index would make a list of holes.
    if (step > list.length) throw new CodecMismatch('A piece of arguments leaves elements of a list out')
    return list.toSpliced(step, 1, put(list[step], rest, value))
  }
  const object = isObject(holder) ? holder : {}
  // A computed key makes even `__proto__` a property like any other.
  return { ...object, [step]: put(Object.hasOwn(object, step) ? object[step] : undefined, rest, value) }
}
