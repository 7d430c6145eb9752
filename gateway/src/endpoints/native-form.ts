import type { NativeDialect } from '@jairouter/contract/adapter'
import type { MemberScan } from '../lib/json-members.ts'
import type { SseEvent } from '../lib/sse-reader.ts'
import type { StreamTap } from './stream-tap.ts'
import type { Usage } from './usage.ts'

/** Turns the bytes of a stream into events, whatever frames them. Throws when one outgrows its bound. */
export interface EventReader {
  push(bytes: Buffer): readonly SseEvent[]
  /** The backend has closed the stream. */
  flush(): readonly SseEvent[]
}

/**
 * A request as its client wrote it, in another dialect than the canonical one: for backends that speak that dialect
 * themselves. Its bytes go through, but for the model's name, and so do those of the answer.
 */
export interface NativeForm {
  readonly dialect: NativeDialect
  readonly bytes: Buffer
  readonly members: MemberScan
  /** Media type of its streams. */
  readonly streamType: string
  createReader(maximumEventBytes: number): EventReader
  createTap(): StreamTap
  /** What a whole answer says of its tokens. */
  usageOf(answer: unknown): Usage | undefined
}
