import { createHash } from 'node:crypto'
import type { EndpointId } from '@jairouter/contract/names'
import { isObject, type JsonObject } from '../lib/json.ts'

/** Nominal through its private field and made by `tenantOf` alone: a key that answers everybody can't be written by mistake. */
class TenantName {
  readonly #kind: 'key' | 'address'
  readonly #name: string

  constructor(kind: 'key' | 'address', name: string) {
    this.#kind = kind
    this.#name = name
  }

  /** A key may be named like somebody's address: the kind keeps them apart. */
  parts(): readonly [kind: string, name: string] {
    return [this.#kind, this.#name]
  }
}

/** Whose answers these are. No answer ever goes to another tenant than the one that it was made for. */
export type Tenant = TenantName

/** `key` is the name or id of the key that authenticated the request; where access is open, each client address is a tenant of its own. */
export function tenantOf(key: string | undefined, address: string): Tenant {
  return key === undefined ? new TenantName('address', address) : new TenantName('key', key)
}

export interface AnswerKeyInput {
  readonly tenant: Tenant
  readonly endpoint: EndpointId
  /** The route's model. */
  readonly model: string
  /** All fields of the request's body. */
  readonly fields: JsonObject
  /** The client's headers, names in lower case; those that cannot change an answer are left out. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Changes with the format, should keys ever be kept beyond a process. */
const FORMAT = 1
/**
 * Headers of the connection, of credentials, of the client's own library and of tracing: they differ with every request
 * and change nothing. Any other reaches the backend, and nobody knows what it makes of it.
 */
const NEUTRAL =
  /^(?:accept|accept-encoding|authorization|api-key|x-api-key|baggage|cache-control|connection|content-(?:type|length|encoding)|cookie2?|date|dnt|expect|forwarded|host|if-none-match|if-modified-since|keep-alive|origin|pragma|priority|proxy-.*|range|referer|te|trace(?:parent|state)|trailer|transfer-encoding|upgrade.*|user-agent|via|b3|(?:x-(?:amzn-trace-id|b3-.*|correlation-id|datadog-.*|forwarded-.*|jairouter-.*|real-ip|request-id|stainless-.*))|sec-.*|sentry-trace|uber-trace-id)$/

/**
 * The same key, SHA-256 in hex, only for requests that are equal in all that could change the answer. No field is left
 * out: `user` and `metadata` are part of what the backend sees, and a stream is replayed as a stream. The order of
 * object keys does not count, that of arrays does. The text that is hashed is JSON, where no two parts can run into each other.
 */
export function answerKey({ tenant, endpoint, model, fields, headers }: AnswerKeyInput): string {
  const text = canonicalJson([FORMAT, tenant.parts(), endpoint, model, answerHeaders(headers), fields])
  return createHash('sha256').update(text).digest('hex')
}

function answerHeaders(headers: AnswerKeyInput['headers']): JsonObject {
  const entries = Object.entries(headers).filter(([name, value]) => value !== undefined && !NEUTRAL.test(name))
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === 'string' ? [value] : value]))
}

/** JSON with sorted keys. `1e400` parses to Infinity, which `JSON.stringify` would make equal to null. */
function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return String(value)
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`)
  return `{${members.join(',')}}`
}

/** Fields by which servers look something up in the world: the same question has another answer tomorrow. */
const LOOK_UPS = ['web_search_options', 'search_parameters', 'enable_search', 'plugins'] as const

/**
 * Whether equal requests may share one upstream call: the answer is fixed by the request (temperature 0, or a seed that
 * JSON carries exactly), is one, and making it has no effect on a server (nothing stored, no tool but the client's own functions).
 */
export function isDeterministic(fields: JsonObject): boolean {
  const { temperature, seed, n, store, tools } = fields
  // Above 2^53 two seeds parse to the same number, while the backend gets the bytes as they were sent.
  if (temperature !== 0 && !Number.isSafeInteger(seed)) return false
  if (!isAbsent(n) && !(typeof n === 'number' && n <= 1)) return false
  if (!isOff(store) || LOOK_UPS.some((name) => !isOff(fields[name]))) return false
  return isAbsent(tools) || (Array.isArray(tools) && tools.every((tool) => isObject(tool) && tool['type'] === 'function'))
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function isOff(value: unknown): boolean {
  return isAbsent(value) || value === false
}
