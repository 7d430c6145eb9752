import type { ProblemDetail } from '@jairouter/contract/management/problem'
import type { z } from 'zod'
import { nearest } from '../lib/nearest.ts'
import { pointerSegment } from '../lib/strict-json.ts'

type Path = readonly PropertyKey[]
type Issue = z.core.$ZodIssue

/** What a schema found in a value that was sent, each with its JSON pointer. No text shows a value. */
export function issueDetails(issues: readonly Issue[], sent: unknown): ProblemDetail[] {
  return issues.flatMap((issue) => details(issue, [], sent))
}

/** JSON pointer (RFC 6901) */
export function pointerOf(path: Path): string {
  return path.map(pointerSegment).join('')
}

function details(issue: Issue, base: Path, sent: unknown): ProblemDetail[] {
  const path = [...base, ...issue.path]
  const pointer = pointerOf(path)
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), code: 'unknown_field', message: 'is no field of this' }))
  if (valueAt(sent, path) === undefined && issue.code !== 'custom') return [{ pointer, code: 'required', message: 'is required' }]
  if (issue.code === 'invalid_union') return unionDetails(issue, path, sent)
  if (issue.code === 'invalid_value') return [{ pointer, code: issue.code, ...choice(issue.values, valueAt(sent, path)) }]
  if (issue.code === 'invalid_key') return [{ pointer, code: issue.code, message: firstMessage(issue.issues) ?? 'is not a possible name' }]
  return [{ pointer, code: issue.code === 'custom' ? 'invalid' : issue.code, message: plain(issue.message) }]
}

/** The alternative of the right kind speaks, where there is one; otherwise all say what they expect. */
function unionDetails(issue: z.core.$ZodIssueInvalidUnion, path: Path, sent: unknown): ProblemDetail[] {
  const fitting = issue.errors.filter((issues) => !issues.some(({ path, code }) => path.length === 0 && WRONG_KIND.has(code)))
  const [only] = fitting
  if (only !== undefined && fitting.length === 1) return only.flatMap((inner) => details(inner, path, sent))
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : undefined
  if (issue.errors.length === 0 && options !== undefined)
    return [{ pointer: pointerOf(path), code: 'invalid_value', ...choice(options, valueAt(sent, path)) }]
  const messages = issue.errors.map((issues) => firstMessage(issues)?.replace(/^expected /, '')).filter((text) => text !== undefined)
  return [{ pointer: pointerOf(path), code: 'invalid_type', message: `expected ${[...new Set(messages)].join(' or ')}` }]
}

const WRONG_KIND: ReadonlySet<string | undefined> = new Set(['invalid_type', 'invalid_value'])

function firstMessage(issues: readonly Issue[]): string | undefined {
  return issues[0] === undefined ? undefined : plain(issues[0].message)
}

function choice(values: readonly unknown[], found: unknown): { message: string; hint?: string } {
  const options = values.map(String)
  const meant = typeof found === 'string' ? nearest(found, options) : undefined
  const message = `expected ${options.length > 1 ? 'one of ' : ''}${options.map((option) => `"${option}"`).join(', ')}`
  return { message, ...(meant === undefined ? {} : { hint: `did you mean "${meant}"?` }) }
}

/** `Invalid input: expected string, received number` -> `expected string, received number`: the library's texts hold no values. */
function plain(message: string): string {
  const text = message.replace(/^Invalid input: /, '')
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}
