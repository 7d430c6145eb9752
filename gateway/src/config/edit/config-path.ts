import { isObject } from '../../lib/json.ts'
import type { ConfigPath } from './config-edit.ts'
import { hasKey, nameOf, type Plain } from './plain.ts'

/** A place in written config: keys of mappings, and items of lists by their name or, where they have none, their place. */
export type WrittenPath = readonly WrittenStep[]
export type WrittenStep = { readonly key: string } | { readonly item: string | number }

/** `backends[gpu-1].weight`; what is no plain word stands in quotes: `adapters["a b"]`, `models["a]b"]`. */
export function formatWrittenPath(path: WrittenPath): string {
  let text = ''
  for (const step of path) {
    if ('key' in step) text += isWord(step.key) ? `${text === '' ? '' : '.'}${step.key}` : `[${JSON.stringify(step.key)}]`
    else if (typeof step.item === 'number') text += `[${step.item}]`
    else text += isBareName(step.item) ? `[${step.item}]` : `[${JSON.stringify(step.item)}]`
  }
  return text
}

export function formatConfigPath(path: ConfigPath): string {
  return formatWrittenPath(
    path.map((step) => {
      if (typeof step === 'object') return { item: 'id' in step ? step.id : step.name }
      return typeof step === 'string' ? { key: step } : { item: step }
    }),
  )
}

/** One step: a word after a point or at the start, or what stands in brackets. */
const STEP = /(?:^|\.)([\w-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\[([^"\]][^\]]*)\]/gy

/** Reads what `formatWrittenPath` or `formatPath` wrote; undefined when it is no path. A text in brackets may be a key or a name: `item` then. */
export function parseWrittenPath(text: string): WrittenPath | undefined {
  const steps: WrittenStep[] = []
  let end = 0
  for (const match of text.matchAll(STEP)) {
    const [whole, word, index, quoted, name] = match
    end = match.index + whole.length
    if (word !== undefined) steps.push({ key: word })
    else if (index !== undefined) steps.push({ item: Number(index) })
    else {
      const item = quoted === undefined ? name : unquote(quoted)
      if (item === undefined) return undefined
      steps.push({ item })
    }
  }
  return end === text.length && !text.startsWith('.') ? steps : undefined
}

/** What stands there in written config; undefined where nothing does. */
export function writtenAt(value: Plain, path: WrittenPath): Plain {
  return path.reduce<Plain>((at, step) => {
    const part = 'key' in step ? step.key : step.item
    if (Array.isArray(at)) return typeof part === 'number' ? at[part] : at.find((item) => nameOf(item) === part)
    return isObject(at) && hasKey(at, String(part)) ? at[String(part)] : undefined
  }, value)
}

/** RFC 6901; items of lists by their place in `value` where that has them. */
export function jsonPointer(path: WrittenPath, value?: Plain): string {
  let at = value
  let pointer = ''
  for (const step of path) {
    const part = 'key' in step ? step.key : step.item
    const place = Array.isArray(at) && typeof part === 'string' ? at.findIndex((item) => nameOf(item) === part) : -1
    pointer += `/${String(place === -1 ? part : place)
      .replaceAll('~', '~0')
      .replaceAll('/', '~1')}`
    at = writtenAt(at, [step])
  }
  return pointer
}

function isWord(text: string): boolean {
  return /^[\w-]+$/.test(text)
}

/** All digits would be a place. */
function isBareName(text: string): boolean {
  return /^[^"\]\s][^\]\s]*$/.test(text) && !/^\d+$/.test(text)
}

function unquote(text: string): string | undefined {
  try {
    return String(JSON.parse(text))
  } catch {
    return undefined
  }
}
