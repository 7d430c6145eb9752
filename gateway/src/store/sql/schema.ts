/**
 * Tables as Kysely knows them. Names (collections, ids, logs, counters) are `orderedText`; bodies are canonical JSON.
 * Neither database would notice a bit that has changed: rows have a digest or a hash, and numbers that SQL itself adds to
 * have a twin, which is always the same.
 */
export interface StoreTables {
  jairouter_meta: {
    /** There is one row: 1. */
    one: number
    /** How many migrations have been carried out. */
    schema: number
    /** Of the last commit. PostgreSQL's driver has it as text, as all bigints. */
    number: number | string
    twin: number | string
  }
  jairouter_document: { collection: string; id: string; revision: number | string; body: string; digest: string }
  jairouter_log: { log: string; first: number | string; last: number | string; base: string; hash: string }
  jairouter_entry: { log: string; sequence: number | string; time: number; body: string; hash: string }
  jairouter_counter: { counter: string; value: number; twin: number }
}

export type SqlDialect = 'sqlite' | 'postgres'
