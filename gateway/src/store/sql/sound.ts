import { createHash } from 'node:crypto'
import { StoreError } from '../store-error.ts'
import type { KeptDocument } from '../store-state.ts'

/** Against accidents, not attacks: half of it is plenty. */
const DIGITS = 32

interface Document extends KeptDocument {
  readonly collection: string
  readonly id: string
}

export function documentDigest({ collection, id, revision, text }: Document): string {
  const name = JSON.stringify([collection, id])
  return createHash('sha256').update(`${name}\n${revision}\n${text}`).digest('hex').slice(0, DIGITS)
}

interface DocumentRow {
  readonly revision: number | string
  readonly body: string
  readonly digest: string
}

/** Throws `damaged` where the row is not what was written. */
export function soundDocument(kept: { readonly collection: string; readonly id: string; readonly row: DocumentRow }): KeptDocument {
  const { collection, id, row } = kept
  const document = { revision: Number(row.revision), text: row.body }
  if (documentDigest({ collection, id, ...document }) !== row.digest)
    throw new StoreError('damaged', `${collection}/${id} is not what was written to it`)
  return document
}

/** Throws `damaged` where a number is not what its twin is. */
export function soundNumber(what: string, value: number | string, twin: number | string): number {
  if (value !== twin) throw new StoreError('damaged', `${what} is not what was written`)
  return Number(value)
}
