import type { JsonObject } from '../../src/lib/json.ts'

interface Details {
  readonly status?: number
  /** The field, where the wire's error says it. */
  readonly param?: string
  readonly code?: string
  /** Sent as text/plain or with no body at all, where the server does not answer in its own error shape. */
  readonly bare?: boolean
}

/** What the real server would refuse; each wire puts it in its own shape. */
export class Refused extends Error {
  readonly status: number
  readonly param: string | null
  readonly code: string | null
  readonly bare: boolean

  constructor(message: string, details: Details = {}) {
    super(message)
    this.status = details.status ?? 400
    this.param = details.param ?? null
    this.code = details.code ?? null
    this.bare = details.bare ?? false
  }
}

export function demand(condition: boolean, message: string, details: Details = {}): asserts condition {
  if (!condition) throw new Refused(message, details)
}

/** The first field that the server does not know. */
export const strangerIn = (value: JsonObject, known: readonly string[]): string | undefined =>
  Object.keys(value).find((name) => !known.includes(name))

export const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 1

export const isWithin = (value: unknown, low: number, high: number): boolean => typeof value === 'number' && value >= low && value <= high

export const isOptional = (value: unknown, type: 'string' | 'boolean' | 'number'): boolean => value === undefined || typeof value === type

export const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string')

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
