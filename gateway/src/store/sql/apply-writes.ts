import { sql, type Transaction } from 'kysely'
import { chainHash } from '../chain.ts'
import type { PreparedWrite } from '../prepare.ts'
import { StoreError } from '../store-error.ts'
import { conflict, EMPTY_LOG, type LogHead } from '../store-state.ts'
import { documentDigest } from './sound.ts'
import { AFTER_ALL, orderedText } from './ordered-text.ts'
import type { StoreTables } from './schema.ts'

type Tx = Transaction<StoreTables>
type Of<Kind extends PreparedWrite['kind']> = Extract<PreparedWrite, { readonly kind: Kind }>

/** Carries out the writes of one commit, in their order; throws a conflict, after which the transaction has to go. */
export async function applyWrites(transaction: Tx, writes: readonly PreparedWrite[], number: number): Promise<void> {
  const logs = new Logs(transaction)
  for (const write of writes) {
    switch (write.kind) {
      case 'put':
        await put(transaction, write, number)
        break
      case 'delete':
        await remove(transaction, write)
        break
      case 'append':
        await logs.append(write)
        break
      case 'trim':
        await logs.trim(write)
        break
      case 'add':
        await transaction
          .insertInto('jairouter_counter')
          .values({ counter: orderedText(write.counter), value: write.amount, twin: write.amount })
          .onConflict((existing) =>
            existing.column('counter').doUpdateSet({
              value: sql<number>`jairouter_counter.value + excluded.value`,
              twin: sql<number>`jairouter_counter.twin + excluded.twin`,
            }),
          )
          .execute()
        break
      case 'drop-counters':
        await dropCounters(transaction, write)
        break
    }
  }
  await logs.save()
}

async function put(transaction: Tx, { collection, id, text, expect }: Of<'put'>, number: number): Promise<void> {
  const key = { collection: orderedText(collection), id: orderedText(id) }
  const content = { revision: number, body: text, digest: documentDigest({ collection, id, revision: number, text }) }
  if (expect !== undefined && expect !== 0) {
    const { numUpdatedRows } = await transaction
      .updateTable('jairouter_document')
      .set(content)
      .where('collection', '=', key.collection)
      .where('id', '=', key.id)
      .where('revision', '=', expect)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) throw conflict(collection, id)
    return
  }
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto('jairouter_document')
    .values({ ...key, ...content })
    .onConflict((existing) => {
      const columns = existing.columns(['collection', 'id'])
      return expect === 0 ? columns.doNothing() : columns.doUpdateSet(content)
    })
    .executeTakeFirst()
  if (expect === 0 && (numInsertedOrUpdatedRows ?? 0n) === 0n) throw conflict(collection, id)
}

async function remove(transaction: Tx, { collection, id, expect }: Of<'delete'>): Promise<void> {
  let query = transaction
    .deleteFrom('jairouter_document')
    .where('collection', '=', orderedText(collection))
    .where('id', '=', orderedText(id))
  if (expect !== undefined && expect !== 0) query = query.where('revision', '=', expect)
  const { numDeletedRows } = await query.executeTakeFirst()
  // 0: it must not have been there; otherwise, that very one must have been.
  if (expect !== undefined && (numDeletedRows === 0n) !== (expect === 0)) throw conflict(collection, id)
}

async function dropCounters(transaction: Tx, { prefix }: Of<'drop-counters'>): Promise<void> {
  let query = transaction.deleteFrom('jairouter_counter')
  if (prefix !== '') query = query.where('counter', '>=', orderedText(prefix)).where('counter', '<', orderedText(prefix) + AFTER_ALL)
  await query.execute()
}

/** Where the logs stand in one transaction: read once each, saved at its end. */
class Logs {
  readonly #transaction: Tx
  readonly #heads = new Map<string, LogHead>()

  constructor(transaction: Tx) {
    this.#transaction = transaction
  }

  async append({ log, time, text }: Of<'append'>): Promise<void> {
    const head = await this.#head(log)
    const sequence = head.last + 1
    const hash = chainHash(head.hash, { sequence, time }, text)
    await this.#transaction
      .insertInto('jairouter_entry')
      .values({ log: orderedText(log), sequence, time, body: text, hash })
      .execute()
    this.#heads.set(log, { ...head, last: sequence, hash })
  }

  async trim({ log, through }: Of<'trim'>): Promise<void> {
    const head = await this.#head(log)
    const last = Math.min(through, head.last)
    if (last < head.first) return
    const entries = this.#transaction.selectFrom('jairouter_entry').select('hash')
    const row = await entries.where('log', '=', orderedText(log)).where('sequence', '=', last).executeTakeFirst()
    if (row === undefined) throw new StoreError('damaged', `The log ${log} has no entry ${last}`)
    await this.#transaction.deleteFrom('jairouter_entry').where('log', '=', orderedText(log)).where('sequence', '<=', last).execute()
    this.#heads.set(log, { ...head, first: last + 1, base: row.hash })
  }

  async save(): Promise<void> {
    for (const [log, { first, last, base, hash }] of this.#heads) {
      await this.#transaction
        .insertInto('jairouter_log')
        .values({ log: orderedText(log), first, last, base, hash })
        .onConflict((existing) => existing.column('log').doUpdateSet({ first, last, base, hash }))
        .execute()
    }
  }

  async #head(log: string): Promise<LogHead> {
    const known = this.#heads.get(log)
    if (known !== undefined) return known
    const row = await this.#transaction.selectFrom('jairouter_log').selectAll().where('log', '=', orderedText(log)).executeTakeFirst()
    if (row === undefined) return EMPTY_LOG
    return { first: Number(row.first), last: Number(row.last), base: row.base, hash: row.hash }
  }
}
