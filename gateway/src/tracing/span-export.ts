import type { BatchReceiver, BatchResult } from '../upstream/batch-receiver.ts'

/** Spans that may wait; what comes beyond that is dropped, and counted. */
export const MOST_WAITING = 8_192
/** Spans in one batch, but for requests with more than that. */
const BATCH_SPANS = 512
const GATHER_MS = 1_000
/** For one batch, from its connection to its answer. */
const SEND_LIMIT_MS = 10_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
/** Of one batch: after half a minute it makes room for what is newer. */
const MOST_TRIES = 6

export type DropReason = 'queue-full' | 'unreachable' | 'refused' | 'stopped' | 'failed'

export interface SpanExportOptions<Item> {
  readonly receiver: BatchReceiver
  readonly encode: (items: readonly Item[]) => Buffer
  /** Spans in an item. */
  readonly weight: (item: Item) => number
  readonly onSent: (spans: number) => void
  readonly onDropped: (reason: DropReason, spans: number) => void
  /** The receiver takes nothing, and why; undefined: it does again. */
  readonly onTrouble: (why: string | undefined) => void
  readonly random: () => number
  /** Calls back once; returns the way not to. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
}

interface Waiting<Item> {
  readonly item: Item
  readonly spans: number
}

/** Sends what is added in batches, off the path of any request. A receiver that is away or slow costs a bounded queue, and nothing else. */
export class SpanExport<Item> {
  readonly #options: SpanExportOptions<Item>
  #queue: Waiting<Item>[] = []
  #waiting = 0
  #cancelTimer: (() => void) | undefined
  #running: Promise<void> | undefined
  #troubled = false
  #closing = false
  /** Ends a pause between two tries. */
  #hurry = () => {}
  readonly #giveUp = new AbortController()

  constructor(options: SpanExportOptions<Item>) {
    this.#options = options
  }

  add(item: Item): void {
    const spans = this.#options.weight(item)
    if (this.#closing || this.#waiting + spans > MOST_WAITING) {
      this.#options.onDropped(this.#closing ? 'stopped' : 'queue-full', spans)
      return
    }
    this.#queue.push({ item, spans })
    this.#waiting += spans
    if (this.#running !== undefined) return
    if (this.#waiting >= BATCH_SPANS) this.#start()
    else this.#cancelTimer ??= this.#options.after(GATHER_MS, () => this.#start())
  }

  /** Sends what there is, for so long; then nothing more. */
  async close(limitMs: number): Promise<void> {
    this.#closing = true
    this.#hurry()
    const cancel = this.#options.after(limitMs, () => this.#giveUp.abort())
    do {
      this.#start()
      await this.#running
    } while (this.#waiting > 0 && !this.#giveUp.signal.aborted)
    cancel()
    if (this.#waiting > 0) this.#options.onDropped('stopped', this.#waiting)
    this.#queue = []
    this.#waiting = 0
    this.#options.receiver.close()
  }

  #start(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#waiting > 0 && !this.#closing) this.#cancelTimer ??= this.#options.after(GATHER_MS, () => this.#start())
    })
  }

  async #run(): Promise<void> {
    // Encoding is not for the request that was settled last.
    await Promise.resolve()
    do {
      const batch = this.#take()
      if (batch.length > 0) await this.#send(batch)
    } while ((this.#closing ? this.#waiting > 0 : this.#waiting >= BATCH_SPANS) && !this.#giveUp.signal.aborted)
  }

  #take(): readonly Waiting<Item>[] {
    let spans = 0
    let count = 0
    for (const each of this.#queue) {
      if (spans >= BATCH_SPANS) break
      spans += each.spans
      count += 1
    }
    this.#waiting -= spans
    return this.#queue.splice(0, count)
  }

  async #send(batch: readonly Waiting<Item>[]): Promise<void> {
    const { encode, onSent, onDropped } = this.#options
    const spans = batch.reduce((sum, each) => sum + each.spans, 0)
    let bytes
    try {
      bytes = encode(batch.map(({ item }) => item))
    } catch {
      return onDropped('failed', spans)
    }
    for (let tries = 1; ; tries += 1) {
      const result = await this.#try(bytes)
      if (result.kind === 'taken') {
        this.#tell(undefined)
        const rejected = Math.min(spans, result.rejected)
        if (rejected > 0) onDropped('refused', rejected)
        return onSent(spans - rejected)
      }
      this.#tell(result.why)
      if (result.kind === 'refused') return onDropped('refused', spans)
      if (this.#closing || this.#giveUp.signal.aborted) return onDropped('stopped', spans)
      if (tries === MOST_TRIES) return onDropped('unreachable', spans)
      await this.#pause(result.waitMs, tries)
    }
  }

  async #try(bytes: Buffer): Promise<BatchResult> {
    const limit = new AbortController()
    const cancel = this.#options.after(SEND_LIMIT_MS, () => limit.abort())
    try {
      return await this.#options.receiver.send(bytes, AbortSignal.any([limit.signal, this.#giveUp.signal]))
    } finally {
      cancel()
    }
  }

  #pause(asked: number | undefined, tries: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const usual = FIRST_WAIT_MS * 2 ** (tries - 1) * (0.5 + this.#options.random() / 2)
    const cancel = this.#options.after(Math.min(LONGEST_WAIT_MS, Math.max(asked ?? 0, usual)), resolve)
    this.#hurry = () => {
      cancel()
      resolve()
    }
    return promise
  }

  /** Once for each time that it begins, or ends. */
  #tell(why: string | undefined): void {
    if (this.#troubled === (why !== undefined)) return
    this.#troubled = why !== undefined
    this.#options.onTrouble(why)
  }
}
