import type { SecretBox } from '../store/secrets/port.ts'
import type { Store, Write } from '../store/port.ts'

const DRAFTS = 'drafts'

/** What somebody is working on and has not applied: one for each. */
export interface Draft {
  readonly owner: string
  /** May be anything: a draft need not be valid. */
  readonly text: string
  /** The version that it began with. */
  readonly base: number
  /** ISO time. */
  readonly updatedAt: string
  /** Stored secrets that it may send somewhere, beside what its base does. */
  readonly granted: readonly string[]
}

/** `revision`: of the document, for entity tags. */
export type StoredDraft = Draft & { readonly revision: number }

/** Sealed as a whole: what is no YAML yet may hold secrets that nobody can find in it. */
export function writeDraft(draft: Draft, box: SecretBox): Write {
  const { owner, text, ...rest } = draft
  return { kind: 'put', collection: DRAFTS, id: owner, body: { ...rest, sealed: box.seal(text, purposeOf(owner)) } }
}

export function deleteDraft(owner: string): Write {
  return { kind: 'delete', collection: DRAFTS, id: owner }
}

export async function readDraft(store: Store, box: SecretBox, owner: string): Promise<StoredDraft | undefined> {
  const stored = await store.get(DRAFTS, owner)
  return stored === undefined ? undefined : toDraft(stored, box)
}

/** Those that can't be opened any more are nobody's. */
export async function listDraftTexts(store: Store, box: SecretBox): Promise<readonly Draft[]> {
  return (await store.list(DRAFTS)).flatMap((stored) => {
    const draft = toDraft(stored, box)
    return draft === undefined ? [] : [draft]
  })
}

function toDraft(
  { id, revision, body }: { id: string; revision: number; body: Readonly<Record<string, unknown>> },
  box: SecretBox,
): StoredDraft | undefined {
  const { sealed, base, updatedAt, granted } = body
  try {
    const text = box.open(String(sealed), purposeOf(id))
    return {
      owner: id,
      text,
      base: Number(base),
      updatedAt: String(updatedAt),
      granted: Array.isArray(granted) ? granted.map(String) : [],
      revision,
    }
  } catch {
    return undefined
  }
}

function purposeOf(owner: string): string {
  return `config-draft:${owner}`
}
