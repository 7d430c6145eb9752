import { duration, size } from '@jairouter/contract/units'
import { z } from 'zod'
import { nearest } from '../lib/nearest.ts'
import { accepts, knownKeys, placeOf } from './schema-walk.ts'

type Path = readonly (string | number)[]

/** Of one mapping: something else was meant than a config, and to look for what each may have meant takes long. */
const MOST_UNKNOWN = 100

export interface Finding {
  readonly path: Path
  readonly message: string
  readonly hint?: string
  /** The key itself is at fault, not what stands behind it. */
  readonly atKey?: true
}

/** What the schema found in `value`, in words for the person who wrote it. No text shows a value. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], value: unknown): Finding[] {
  return issues.flatMap((issue) => explain(issue, { base: [], root: value }))
}

interface Context {
  /** Issues within a union have paths that begin at it. */
  readonly base: Path
  readonly root: unknown
}

function explain(issue: z.core.$ZodIssue, context: Context): Finding[] {
  const path = [...context.base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  if (issue.code === 'unrecognized_keys') return issue.keys.slice(0, MOST_UNKNOWN).map((key) => explainKey(path, key))
  if (issue.code === 'invalid_union') return explainUnion(issue, { path, root: context.root })
  const found = valueAt(context.root, path)
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? 'not a possible key', atKey: true }]
  if (found === undefined) return [{ path, message: 'is required' }]
  if (issue.code === 'invalid_value') return [{ path, ...describeChoice(issue.values, found) }]
  if (issue.code === 'invalid_type') return [{ path, ...describeType(issue.expected, found, path) }]
  return [{ path, message: describe(issue) }]
}

function explainKey(path: Path, key: string): Finding {
  const known = knownKeys(placeOf(path))
  const meant = nearest(key, known)
  const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`
  return { path: [...path, key], message: 'unknown key', atKey: true, ...(known.length === 0 ? {} : { hint }) }
}

/** The alternative of the right kind speaks, if there is one: for a mapping that which takes mappings, and so on. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, { path, root }: { path: Path; root: unknown }): Finding[] {
  const found = valueAt(root, path)
  if (found === undefined) return [{ path, message: 'is required' }]
  if (issue.errors.length === 0) return [{ path, ...describeChoice(optionsOf(issue), found) }]
  const alternatives = issue.errors.map((issues) => issues.flatMap((inner) => explain(inner, { base: path, root })))
  const fitting = alternatives.filter((_, index) => issue.errors[index]?.every((inner) => !isWrongKind(inner)))
  const only = fitting.length === 1 ? fitting[0] : undefined
  if (only !== undefined) return only
  const wanted = (fitting.length > 0 ? fitting : alternatives).map(([first]) => expectation(first?.message ?? ''))
  return [{ path, message: `expected ${[...new Set(wanted)].join(' or ')}` }]
}

/** Of a discriminated union; the library's types leave them out. */
function optionsOf(issue: z.core.$ZodIssueInvalidUnion): readonly unknown[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options : []
}

function isWrongKind(issue: z.core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
}

function expectation(message: string): string {
  return message.replace(/^expected /, '').replace(/, got .*$/, '')
}

function describeChoice(values: readonly unknown[], found: unknown): { message: string; hint?: string } {
  const options = values.map(String)
  const meant = typeof found === 'string' ? nearest(found, options) : undefined
  const message = `expected ${options.length > 1 ? 'one of ' : ''}${options.map((option) => `"${option}"`).join(', ')}`
  return { message, ...(meant === undefined ? {} : { hint: `did you mean "${meant}"?` }) }
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  null: 'nothing',
}

const DURATION = patternOf(duration)
const SIZE = patternOf(size)

function describeType(expected: string, found: unknown, path: Path): { message: string; hint?: string } {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'array' : typeof found
  const isNumber = kind === 'number'
  const pattern = placeOf(path).find((schema) => schema.pattern !== undefined)?.pattern
  if (isNumber && pattern === DURATION) return { message: 'expected a duration such as 500ms, 30s, 5m or 1h, got a number without a unit' }
  if (isNumber && pattern === SIZE) return { message: 'expected a size such as 512kb, 32mb or 1gb, got a number without a unit' }
  const got = expected === 'int' && isNumber ? 'another number' : (NOUNS[kind] ?? kind)
  const message = `expected ${NOUNS[expected] ?? expected}, got ${got}`
  const quotable = expected === 'string' && (isNumber || kind === 'boolean') && accepts(placeOf(path), 'string')
  return { message, ...(quotable ? { hint: 'put it in quotes' } : {}) }
}

function describe(issue: z.core.$ZodIssue): string {
  // Texts of the schema's own begin so; the library's begin otherwise.
  if (issue.message.startsWith('expected ')) return issue.message
  switch (issue.code) {
    case 'too_small':
      return `expected ${bounded(issue.origin, `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`)}`
    case 'too_big':
      return `expected ${bounded(issue.origin, `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`)}`
    case 'invalid_format':
      return `expected ${FORMATS[issue.format] ?? `text in the form ${issue.format}`}`
    default:
      return lowerFirst(issue.message)
  }
}

function bounded(origin: string, bound: string): string {
  if (origin === 'string') return `${bound} ${bound.endsWith(' 1') ? 'character' : 'characters'}`
  if (origin === 'array') return `${bound} ${bound.endsWith(' 1') ? 'item' : 'items'}`
  return `a number of ${bound}`
}

const FORMATS: Readonly<Record<string, string>> = {
  url: 'a URL such as http://10.0.0.5:8000',
  datetime: 'a time with its offset such as 2027-01-31T00:00:00Z',
  cidrv4: 'an IPv4 range such as 10.0.0.0/8',
  cidrv6: 'an IPv6 range such as fd00::/8',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

function patternOf(schema: z.ZodType): string | undefined {
  return z.toJSONSchema(schema, { io: 'input' }).pattern
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
