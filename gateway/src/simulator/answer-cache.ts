import type { Call } from './call.ts'
import type { Reply } from './reply.ts'

interface Answered {
  readonly call: Call
  readonly reply: Reply
}

/**
 * Answers to the requests met last. A load generator sends one body over and over; comparing bytes costs far less than
 * parsing them, so that the simulator stays out of what a bench measures.
 */
export interface AnswerCache {
  get(path: string, body: Buffer): Answered | undefined
  set(path: string, body: Buffer, answered: Answered): void
  clear(): void
}

interface Entry {
  readonly path: string
  readonly body: Buffer
  readonly answered: Answered
}

const MAXIMUM_ENTRIES = 32
/** Answers above this would hold memory for nothing. */
const MAXIMUM_BODY_BYTES = 1_048_576

export function createAnswerCache(): AnswerCache {
  const byLength = new Map<number, Entry>()
  return {
    get(path, body) {
      const entry = byLength.get(body.length)
      return entry !== undefined && entry.path === path && entry.body.equals(body) ? entry.answered : undefined
    },
    set(path, body, answered) {
      if (body.length > MAXIMUM_BODY_BYTES) return
      const oldest = byLength.keys().next().value
      if (byLength.size >= MAXIMUM_ENTRIES && oldest !== undefined) byLength.delete(oldest)
      byLength.set(body.length, { path, body, answered })
    },
    clear: () => byLength.clear(),
  }
}
