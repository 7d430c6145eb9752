/**
 * Commits as fast as it can until it is killed, and says of each commit that it was acknowledged: `c 12` for the numbered
 * ones, which come one after the other, `h` for those that only add, which come several at a time.
 */
import { writeSync } from 'node:fs'
import { openStore } from '../../src/store/open-store.ts'
import type { Body, Store } from '../../src/store/port.ts'
import { documentOf, HITS, KEEP, LAST, LOG, NUMBERED, TRIM_EVERY, type StoreAddress } from './kill-rounds.ts'

async function main(address: StoreAddress): Promise<void> {
  const store = await openStore(address, { now: Date.now })
  const last = await store.get(LAST.collection, LAST.id)
  await Promise.all([number(store, lastNumber(last?.body)), hit(store), hit(store)])
}

async function number(store: Store, last: number): Promise<never> {
  for (let n = last + 1; ; n += 1) {
    const body = { n, text: 'x'.repeat(n % 700) }
    await store.commit([
      { kind: 'put', ...LAST, body: { n } },
      { kind: 'put', collection: 'numbers', id: documentOf(n), body },
      { kind: 'append', log: LOG, time: n, body: { n } },
      { kind: 'add', counter: NUMBERED, amount: 1 },
      ...(n % TRIM_EVERY === 0 ? [{ kind: 'trim', log: LOG, through: n - KEEP } as const] : []),
    ])
    writeSync(1, `c ${n}\n`)
  }
}

async function hit(store: Store): Promise<never> {
  for (;;) {
    await store.commit([{ kind: 'add', counter: HITS, amount: 1 }])
    writeSync(1, 'h\n')
  }
}

function lastNumber(body: Body | undefined): number {
  return typeof body?.['n'] === 'number' ? body['n'] : 0
}

await main(JSON.parse(process.argv[2] ?? '{}') as StoreAddress)
