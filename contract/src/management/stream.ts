import { z } from 'zod'

/** `instance:ID` is one more for each instance; `events` takes filters, `events?kind=health&subject=gpu-1`; `tail:QUERY` are requests. */
export const STREAM_TOPICS = ['overview', 'instances', 'config', 'audit', 'jobs', 'alert', 'events'] as const

const topics = z
  .string()
  .max(4_000)
  // A comma in the name of a topic is written as in an address.
  .transform((text) => [...new Set(text.split(',').map((topic) => topic.trim().replaceAll('%2C', ',')))].filter((topic) => topic !== ''))
  .pipe(z.array(z.string()).min(1).max(20))

export const streamQuerySchema = z.strictObject({ topics })

export const streamTopicsSchema = z.strictObject({ topics: z.array(z.string().min(1).max(600)).min(1).max(20) })

/** Names of the events of the stream. */
export const STREAM_EVENTS = {
  /** The first: the stream's id, for `PUT /stream/ID/topics`. */
  open: 'open',
  /** A topic as it is; what comes after it builds on it. */
  snapshot: 'snapshot',
  /** What has changed or happened since. */
  delta: 'delta',
  /** Something of a topic was lost; its snapshot follows. */
  gap: 'gap',
  /** The last: why the stream ends. */
  end: 'end',
} as const

/** The data of `snapshot` and `delta`. */
export const streamDataSchema = z.object({
  topic: z.string(),
  /** Of a delta: `change`, or what happened (`health`, `breaker`, `in-force`, `job`, `entry` ...). */
  type: z.string().optional(),
  data: z.unknown(),
  time: z.iso.datetime(),
})
