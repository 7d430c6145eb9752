import type { CapturedMessage, historyContentSchema } from '@jairouter/contract/management/history'
import type { z } from 'zod'
import type { Actor } from '../auth/actor.ts'
import type { HistorySettings } from '../config/snapshot.ts'
import { flagsOf, type StoredContent, type StoredRow } from '../history/history-row.ts'
import type { HistoryStore } from '../history/port.ts'
import { isoTime } from '../lib/iso-time.ts'

export type ContentSettings = HistorySettings['content']
type ContentAnswer = z.output<typeof historyContentSchema>

/** What is kept of what a request said, and whether somebody may read it. */
export interface RequestContent {
  readonly state: ContentAnswer['state']
  readonly reason: string
  /** There where it may be read. */
  readonly said: StoredContent | undefined
}

interface Asked {
  readonly history: Pick<HistoryStore, 'content'>
  readonly actor: Actor | undefined
  readonly settings: ContentSettings
  /** Epoch milliseconds. */
  readonly now: number
}

export async function contentOf(row: StoredRow, { history, actor, settings, now }: Asked): Promise<RequestContent> {
  if (!flagsOf(row.flags).includes('captured')) return without('off', 'No policy and no key has it kept')
  if (!mayRead(row, actor, settings))
    return without('denied', `Only who asked, and ${settings.readers.join(', ') || 'nobody else'}, may read it`)
  const said = row.time + settings.keepMs <= now ? undefined : await history.content(row.seq)
  if (said === undefined) return without('expired', 'It was kept as long as history.content.keep says')
  return said.masked > 0
    ? { state: 'redacted', reason: `${said.masked} matches are masked`, said }
    : { state: 'kept', reason: 'Nothing in it was masked', said }
}

function without(state: ContentAnswer['state'], reason: string): RequestContent {
  return { state, reason, said: undefined }
}

function mayRead(row: StoredRow, actor: Actor | undefined, { readers }: ContentSettings): boolean {
  return actor?.kind === 'user' && (readers.includes(actor.role) || isOwn(row, actor))
}

export function isOwn({ user }: Pick<StoredRow, 'user'>, actor: Actor | undefined): boolean {
  return actor?.kind === 'user' && user !== '' && user === actor.name
}

export function isDeveloper(actor: Actor | undefined): boolean {
  return actor?.kind === 'user' && actor.role === 'developer'
}

export function contentAnswer({ state, reason, said }: RequestContent, { keepMs }: ContentSettings): ContentAnswer {
  return {
    state,
    reason,
    input: messagesIn(said?.input),
    output: messagesIn(said?.output),
    masked: said?.masked ?? 0,
    cut: said?.cut === 1,
    expires: said === undefined ? null : isoTime(said.time + keepMs),
  }
}

function messagesIn(text: string | null | undefined): CapturedMessage[] | null {
  return typeof text === 'string' ? (JSON.parse(text) as CapturedMessage[]) : null
}

export const CONTENT_EXAMPLE: ContentAnswer = {
  state: 'redacted',
  reason: '1 matches are masked',
  input: [{ role: 'user', parts: [{ type: 'text', content: 'Write to [email]' }] }],
  output: [{ role: 'assistant', parts: [{ type: 'text', content: 'Gladly.' }], finish_reason: 'stop' }],
  masked: 1,
  cut: false,
  expires: '2026-10-02T09:00:00.000Z',
}
