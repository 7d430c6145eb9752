import type { Reply } from './reply.ts'

/** How long a model takes. Zero everywhere is as fast as the machine. */
export interface Pace {
  /** From the request to the headers. */
  readonly latencyMs: number
  /** From the headers to the first event; a plain answer waits for it too. */
  readonly firstTokenMs: number
  /** 0 sends all at once. */
  readonly tokensPerSecond: number
}

export function paced(reply: Reply, pace: Pace): Reply {
  const { latencyMs, firstTokenMs, tokensPerSecond } = pace
  if (latencyMs === 0 && firstTokenMs === 0 && tokensPerSecond === 0) return reply
  const gapMs = tokensPerSecond > 0 ? 1_000 / tokensPerSecond : 0
  if (reply.body.kind !== 'events') return { ...reply, delayMs: latencyMs + (reply.tokens > 0 ? firstTokenMs : 0) + reply.tokens * gapMs }
  const events = reply.body.events.map((event, index) => ({ ...event, waitMs: index === 0 ? firstTokenMs : gapMs }))
  return { ...reply, delayMs: latencyMs, body: { kind: 'events', events } }
}
