import type { Body, Store, Stored, Write } from '../port.ts'
import { StoreError } from '../store-error.ts'
import { mapSealed, parseSealed } from './sealed-value.ts'
import type { KeyBox } from './secret-box.ts'

/** Documents that are looked at, and written in one commit, at a time. */
const BATCH = 100
const TRIES = 20

/**
 * Seals every secret of every document anew with the key of `to`. It may be interrupted anywhere and run again: what is
 * sealed with that key already stays as it is. `from` has to open what there is. Entries of logs cannot be changed.
 * Resolves with the number of documents that were written.
 */
export async function rotateSecrets(store: Store, { from, to }: { readonly from: KeyBox; readonly to: KeyBox }): Promise<number> {
  let documents = 0
  const reseal = (sealed: string): string => {
    const parts = parseSealed(sealed)
    if (parts === undefined || parts.keyId === to.keyId) return sealed
    return to.seal(from.open(sealed, parts.purpose), parts.purpose)
  }
  for (const collection of (await store.contents()).collections.keys()) {
    let after: string | undefined
    for (;;) {
      const query = { limit: BATCH, ...(after === undefined ? {} : { after }) }
      const { page, written } = await resealPage(store, collection, query, reseal)
      documents += written
      after = page.at(-1)?.id
      if (after === undefined) break
    }
  }
  return documents
}

/** One commit; read again where somebody has written one of its documents meanwhile. */
async function resealPage(
  store: Store,
  collection: string,
  query: { readonly limit: number; readonly after?: string },
  reseal: (sealed: string) => string,
): Promise<{ readonly page: readonly Stored[]; readonly written: number }> {
  for (let tries = 1; ; tries += 1) {
    const page = await store.list(collection, query)
    const writes = page.flatMap(({ id, revision, body }): Write[] => {
      const resealed = mapSealed(body, reseal)
      return resealed === body ? [] : [{ kind: 'put', collection, id, body: resealed as Body, expect: revision }]
    })
    if (writes.length === 0) return { page, written: 0 }
    try {
      await store.commit(writes)
      return { page, written: writes.length }
    } catch (error) {
      if (!(error instanceof StoreError && error.kind === 'conflict') || tries === TRIES) throw error
    }
  }
}
