import { createHash } from 'node:crypto'
import type { RecordKind } from './record.ts'

/** Enough for every safe integer, so that names sort as numbers do. */
const DIGITS = 16
const LOG_DIGEST = 12
const NAME = /^(commit|checkpoint|segment)-(\d{16})(?:-[\da-f]{12}-\d{16})?\.json$/

export interface RecordName {
  readonly name: string
  readonly kind: RecordKind
  readonly number: number
}

export function commitName(first: number): string {
  return `commit-${digits(first)}.json`
}

export function checkpointName(number: number): string {
  return `checkpoint-${digits(number)}.json`
}

/** A log may be named as no file can. */
export function segmentName(log: string, first: number, last: number): string {
  const digest = createHash('sha256').update(log).digest('hex').slice(0, LOG_DIGEST)
  return `segment-${digits(first)}-${digest}-${digits(last)}.json`
}

/** Those that are records, the smallest number first. */
export function recordNames(names: readonly string[]): readonly RecordName[] {
  return names
    .flatMap((name): RecordName[] => {
      const match = NAME.exec(name)
      return match === null ? [] : [{ name, kind: match[1] as RecordKind, number: Number(match[2]) }]
    })
    .toSorted((left, right) => left.number - right.number)
}

function digits(number: number): string {
  return String(number).padStart(DIGITS, '0')
}
