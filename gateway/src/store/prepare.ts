import { canonicalJson } from '../lib/canonical-json.ts'
import type { Write } from './port.ts'

/** A write as the stores carry it out: bodies are canonical JSON already. */
export type PreparedWrite =
  | { readonly kind: 'put'; readonly collection: string; readonly id: string; readonly text: string; readonly expect?: number }
  | { readonly kind: 'append'; readonly log: string; readonly time: number; readonly text: string }
  | Exclude<Write, { readonly kind: 'put' | 'append' }>

/**
 * Throws a TypeError for what no store could keep: names with U+0000 (PostgreSQL has none), numbers that are not finite.
 * That is a mistake of the caller, not a fault of the store.
 */
export function prepare(writes: readonly Write[]): readonly PreparedWrite[] {
  return writes.map((write): PreparedWrite => {
    switch (write.kind) {
      case 'put': {
        const { collection, id, body, expect } = write
        requireName(collection, id)
        return { kind: 'put', collection, id, text: canonicalJson(body), ...(expect === undefined ? {} : { expect }) }
      }
      case 'append': {
        requireName(write.log)
        requireFinite(write.time)
        return { kind: 'append', log: write.log, time: write.time, text: canonicalJson(write.body) }
      }
      case 'delete':
        requireName(write.collection, write.id)
        return write
      case 'trim':
        requireName(write.log)
        if (!Number.isSafeInteger(write.through)) throw new TypeError('A log is trimmed through a whole number')
        return write
      case 'add':
        requireName(write.counter)
        requireFinite(write.amount)
        return write
      case 'drop-counters':
        return write
    }
  })
}

function requireName(...names: readonly string[]): void {
  for (const name of names)
    if (name.length === 0 || name.includes('\0')) throw new TypeError('Names in a store are not empty and have no U+0000')
}

function requireFinite(value: number): void {
  if (!Number.isFinite(value)) throw new TypeError('Numbers in a store are finite')
}
