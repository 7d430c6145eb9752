import { auditWrite, type Origin } from '../auth/audit/audit-entry.ts'
import { grantsOf } from '../config/secrets/secret-grants.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { Store, Write } from '../store/port.ts'
import type { SecretBox } from '../store/secrets/port.ts'
import type { ConfigEdit } from './config-desk.ts'
import type { InForce } from './desk-state.ts'
import { deleteDraft, readDraft, writeDraft, type StoredDraft } from './drafts.ts'
import type { StoredSecrets } from './stored-secrets.ts'
import type { DoTextWork } from './texts/text-work.ts'

/**
 * Texts that people work on: one for each. `owner`: a user's id; `origin`: who is to be on record for the change, which
 * without one is part of another that is. Each call rejects as the store does, or with a DeskProblem.
 */
export interface ConfigDrafts {
  get(owner: string): Promise<StoredDraft | undefined>
  /** `base`: the version that it was begun with; that of the draft before, or the one in force. */
  put(owner: string, text: string, base?: number, origin?: Origin): Promise<StoredDraft>
  /** Begins with the version in force where there is no draft. */
  edit(owner: string, edits: readonly ConfigEdit[], origin?: Origin): Promise<StoredDraft>
  remove(owner: string, origin?: Origin): Promise<void>
}

export interface DraftPorts {
  readonly store: Store
  readonly box: SecretBox
  readonly secrets: StoredSecrets
  readonly current: () => InForce
  readonly now: () => number
  readonly work: DoTextWork
}

export function createDrafts(ports: DraftPorts): ConfigDrafts {
  const { store, box, secrets, current, now, work } = ports
  const read = (owner: string) => readDraft(store, box, owner)

  async function keep(
    owner: string,
    text: string,
    before: { readonly base: number; readonly granted: readonly string[]; readonly origin: Origin | undefined },
  ): Promise<StoredDraft> {
    await secrets.load([text])
    const { version, written } = current()
    const overlay = version.overlay === undefined ? {} : { overlay: version.overlay }
    const granted = new Set([...grantsOf(written), ...before.granted])
    const added = secrets.collect()
    const sealed = await work({ kind: 'seal', texts: { text, ...overlay }, granted }, added)
    const draft = {
      owner,
      text: sealed.text,
      base: before.base,
      updatedAt: isoTime(now()),
      granted: sealed.granted ?? before.granted,
    }
    const writes: Write[] = [
      ...secrets.touch(sealed.text, now()),
      ...added.writes(now()),
      writeDraft(draft, box),
      ...audited('update', before.origin, { base: draft.base }),
    ]
    const revision = await store.commit(writes)
    added.settle()
    return { ...draft, revision }
  }

  /** Never what is in it: that may be anything. */
  function audited(verb: 'update' | 'delete', origin: Origin | undefined, after?: { readonly base: number }): readonly Write[] {
    if (origin === undefined) return []
    const entry = { action: `draft.${verb}`, target: 'config/drafts', result: 'ok', time: now() } as const
    return [auditWrite(origin, { ...entry, ...(after === undefined ? {} : { after }) })]
  }

  return {
    get: read,
    async put(owner, text, base, origin) {
      const before = await read(owner)
      return keep(owner, text, { base: base ?? before?.base ?? current().version.number, granted: before?.granted ?? [], origin })
    },
    async edit(owner, edits, origin) {
      const { version } = current()
      const before = (await read(owner)) ?? { text: version.text, base: version.number, granted: [] }
      const begun = { ...version, text: before.text }
      const meant = await work({ kind: 'read', texts: begun }, secrets.collect())
      const base = { version: begun, written: 'value' in meant ? meant.value : {} }
      const { text } = await work({ kind: 'edit', base, edits }, secrets.collect())
      return keep(owner, text, { ...before, origin })
    },
    async remove(owner, origin) {
      await store.commit([deleteDraft(owner), ...audited('delete', origin)])
    },
  }
}
