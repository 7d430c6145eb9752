import type { SlowLimits } from '../config/snapshot.ts'
import type { RequestRecord } from './request-record.ts'

/** In which of its times a request was slow. */
export const SLOW_KINDS = ['total', 'first-token', 'between-tokens'] as const
export type SlowKind = (typeof SLOW_KINDS)[number]

export type TimedRequest = Pick<RequestRecord, 'durationMs' | 'firstByteMs' | 'stream' | 'attempts' | 'slow'>

/** Of what no policy was found for. */
export const NEVER_SLOW: SlowLimits = Object.freeze({ totalMs: Infinity, firstTokenMs: Infinity, betweenTokensMs: Infinity })

/** In any of them. Allocates nothing: it is asked of every request. */
export function isSlow(request: TimedRequest): boolean {
  return isSlowIn(request, 'total') || isSlowIn(request, 'first-token') || isSlowIn(request, 'between-tokens')
}

/** The first token and the silences are those of streams: an answer in one piece has its total alone. */
export function isSlowIn({ durationMs, firstByteMs, stream, attempts, slow }: TimedRequest, kind: SlowKind): boolean {
  switch (kind) {
    case 'total':
      return durationMs > slow.totalMs
    case 'first-token':
      return stream && firstByteMs !== undefined && firstByteMs > slow.firstTokenMs
    case 'between-tokens':
      for (const { gaps } of attempts) if (gaps !== undefined && gaps.longestMs > slow.betweenTokensMs) return true
      return false
  }
}
