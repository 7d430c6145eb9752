import type { TailMessage } from '@jairouter/contract/management/history'
import type { HistoryTail, TailFollower, TailPart } from '../../history/history-tail.ts'
import { phaseOf } from '../../telemetry/active-requests.ts'
import { rowFields } from '../history-answers.ts'
import { historyFilter } from '../history-filter.ts'
import type { Topic } from './topic.ts'

const PREFIX = 'tail:'
const OWN_PREFIX = 'own-tail:'
/** Rows that wait for a reader who is slow. */
const MOST_WAITING = 200

/** Name of the topic; with `user`, of that user's own requests. */
export function tailTopicName(q: string, user?: string): string {
  return user === undefined ? `${PREFIX}${q}` : `${OWN_PREFIX}${encodeURIComponent(user)}:${q}`
}

/** Undefined where the name is none of these. Throws invalid_query where the query can't be read. */
export function tailTopic(name: string, tail: HistoryTail): Topic | undefined {
  if (name.startsWith(PREFIX)) return topicOf({ tail, q: name.slice(PREFIX.length), user: undefined })
  const own = name.startsWith(OWN_PREFIX) ? name.slice(OWN_PREFIX.length) : undefined
  const at = own?.indexOf(':') ?? -1
  if (own === undefined || at === -1) return undefined
  return topicOf({ tail, q: own.slice(at + 1), user: decodeURIComponent(own.slice(0, at)) })
}

function topicOf({ tail, q, user }: { readonly tail: HistoryTail; readonly q: string; readonly user: string | undefined }): Topic {
  const filter = historyFilter({ q })
  let follower: TailFollower | undefined
  return {
    permission: user === undefined ? 'requests.read' : 'usage.own',
    ...(user === undefined ? {} : { onlyFor: user }),
    snapshot(): TailMessage {
      follower ??= tail.follow(filter, user)
      return { rows: [], shown: 0, matched: 0, dropped: 0 }
    },
    poll() {
      const part = follower?.take()
      return part === undefined || part.matched === 0 ? undefined : messageOf(part)
    },
    merge(older, newer) {
      const [one, other] = [older as TailMessage, newer as TailMessage]
      const rows = [...one.rows, ...other.rows].slice(-MOST_WAITING)
      const matched = one.matched + other.matched
      return { rows, shown: rows.length, matched, dropped: matched - rows.length }
    },
    forget() {
      follower?.stop()
      follower = undefined
    },
  }
}

function messageOf({ rows, matched }: TailPart): TailMessage {
  return {
    rows: rows.map(({ row, running }) => ({
      state: running === undefined ? 'settled' : 'running',
      phase: running === undefined ? null : phaseOf(running),
      ...rowFields(row),
    })),
    shown: rows.length,
    matched,
    dropped: matched - rows.length,
  }
}
