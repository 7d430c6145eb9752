import { stringify } from 'yaml'
import { isObject } from '../../lib/json.ts'
import type { Plain } from './plain.ts'

/** A list of scalars up to this length stands on one line. */
const MAX_LINE = 100

/** On one line, to be put anywhere: `a`, `"x, y"`, `{ a: 1 }`, `[a, b]`. */
export function renderFlow(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(renderFlow).join(', ')}]`
  if (!isObject(value)) return scalarIn(value)
  const pairs = Object.entries(value).map(([key, inner]) => `${scalarIn(key)}: ${renderFlow(inner)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

/** What stands behind `key: ` where nothing else is on the line; undefined for what takes lines of its own. */
export function renderInline(value: Plain): string | undefined {
  if (Array.isArray(value)) {
    if (value.some((item) => typeof item === 'object' && item !== null)) return undefined
    const line = renderFlow(value)
    return line.length <= MAX_LINE || value.length === 0 ? line : undefined
  }
  if (isObject(value)) return Object.keys(value).length === 0 ? '{}' : undefined
  return scalar(value)
}

/** A mapping or list that is not empty, each line at `column` or beyond, without a line end at its end. */
export function renderBlock(value: Plain, column: number, eol: string): string {
  return linesOf(value)
    .map((line) => `${' '.repeat(column)}${line}`)
    .join(eol)
}

/** `key: value`, as `renderBlock` does. */
export function renderPair(key: string, value: Plain, column: number, eol: string): string {
  return renderBlock({ [key]: value }, column, eol)
}

function linesOf(value: Plain): string[] {
  if (Array.isArray(value)) return value.flatMap(itemLines)
  if (!isObject(value)) return [scalar(value)]
  return Object.entries(value).flatMap(([key, inner]) => {
    const inline = renderInline(inner)
    const name = scalar(key)
    return inline === undefined ? [`${name}:`, ...linesOf(inner).map((line) => `  ${line}`)] : [`${name}: ${inline}`]
  })
}

function itemLines(item: Plain): string[] {
  const inline = renderInline(item)
  if (inline !== undefined) return [`- ${inline}`]
  return linesOf(item).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`)
}

/** With the quotes that the text before had, where it had some. */
export function renderLike(value: Plain, type: string | null | undefined, flow: boolean): string {
  if (typeof value === 'string' && type === 'QUOTE_DOUBLE') return JSON.stringify(value)
  if (typeof value === 'string' && type === 'QUOTE_SINGLE' && !/[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe]/.test(value)) {
    return `'${value.replaceAll("'", "''")}'`
  }
  return flow ? scalarIn(value) : scalar(value)
}

const ONE_LINE = { lineWidth: 0, blockQuote: false } as const

/** JSON is YAML, and has a line end as two letters. */
function hasControl(value: Plain): value is string {
  return typeof value === 'string' && /[\p{Cc}\p{Zl}\p{Zp}\uFEFF]/u.test(value)
}

function scalar(value: Plain): string {
  if (hasControl(value)) return JSON.stringify(value)
  return stringify(value, ONE_LINE).trimEnd()
}

/** A scalar within brackets or braces. */
function scalarIn(value: Plain): string {
  if (hasControl(value)) return JSON.stringify(value)
  return stringify([value], { ...ONE_LINE, collectionStyle: 'flow', flowCollectionPadding: false })
    .trim()
    .slice(1, -1)
}
