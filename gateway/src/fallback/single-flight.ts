/** Who shares which upstream call. It knows of no sockets: a flight is whatever `start` makes. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, { readonly flight: T; members: number }>()
  readonly #takesJoiners: (flight: T) => boolean

  /** `takesJoiners` is asked before each join; a flight that takes none any more is left to its members, and a new one started. */
  constructor(takesJoiners: (flight: T) => boolean = () => true) {
    this.#takesJoiners = takesJoiners
  }

  /** Keys under which calls are under way. */
  get size(): number {
    return this.#flights.size
  }

  /** Each join needs one `leave`. What `start` throws comes out, and nothing is kept. */
  join(key: string, start: () => T): { readonly flight: T; readonly leader: boolean } {
    const current = this.#flights.get(key)
    if (current !== undefined && this.#takesJoiners(current.flight)) {
      current.members += 1
      return { flight: current.flight, leader: false }
    }
    const flight = start()
    this.#flights.set(key, { flight, members: 1 })
    return { flight, leader: true }
  }

  /** The flight stays for the others, whoever began it; the last one to leave takes it out. */
  leave(key: string, flight: T): void {
    const current = this.#flights.get(key)
    if (current?.flight !== flight) return
    current.members -= 1
    if (current.members === 0) this.#flights.delete(key)
  }
}

/** One reader's view of a shared stream. The chunks are everybody's: they must not be written to. */
export interface Subscription extends AsyncIterable<Buffer> {
  /** May be called at any time and more than once; a read that waits ends. Leaving the loop does the same. */
  unsubscribe(): void
}

interface Reader {
  /** Chunks that it has had. */
  at: number
}

type End = { readonly kind: 'end' } | { readonly kind: 'failed'; readonly error: unknown }

export interface SharedStreamOptions {
  /** Bytes that are kept for those who come late; also what the slowest reader may lag behind once they are reached. */
  readonly maximumBytes: number
  /** The last reader has gone before the end: nobody needs the upstream call any more. Called once. */
  readonly onAbandoned: () => void
}

/**
 * Chunks of one answer for many readers, each of whom gets all of them in order. They are kept once: a reader is an
 * index. Up to `maximumBytes` all are kept, and whoever comes late begins at the first; beyond, nobody new is taken,
 * what every reader has had is let go, and the slowest sets the pace.
 */
export class SharedStream {
  readonly #options: SharedStreamOptions
  readonly #readers = new Set<Reader>()
  #chunks: Buffer[] = []
  /** Chunks that were let go. */
  #released = 0
  #heldBytes = 0
  #totalBytes = 0
  #end: End | undefined
  #abandoned = false
  /** Settled at the next change that a waiting reader could care for. */
  #change: PromiseWithResolvers<void> | undefined
  #room: PromiseWithResolvers<void> | undefined

  constructor(options: SharedStreamOptions) {
    this.#options = options
  }

  /** Under way, and still whole: what `SingleFlight` is to ask. */
  get takesJoiners(): boolean {
    return this.#end === undefined && this.#isWhole()
  }

  get readers(): number {
    return this.#readers.size
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Takes the leader's next bytes. With a promise the source is to pause until it resolves, or memory would grow with the slowest reader. */
  push(chunk: Buffer): Promise<void> | undefined {
    if (this.#end !== undefined || this.#abandoned || chunk.length === 0) return undefined
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.length
    this.#totalBytes += chunk.length
    this.#release()
    this.#wake()
    if (this.#heldBytes <= this.#options.maximumBytes) return undefined
    this.#room ??= Promise.withResolvers()
    return this.#room.promise
  }

  end(): void {
    this.#settle({ kind: 'end' })
  }

  /** Readers get what came before, then this error. */
  fail(error: unknown): void {
    this.#settle({ kind: 'failed', error })
  }

  /** From the first byte on, also after the end. Throws when that byte is no longer held: ask `takesJoiners` in the same turn. */
  subscribe(): Subscription {
    if (!this.#isWhole()) throw new Error('This stream takes no more readers')
    const reader: Reader = { at: 0 }
    this.#readers.add(reader)
    const unsubscribe = () => this.#remove(reader)
    const over = { done: true, value: undefined } as const
    const chunks = this.#read(reader)
    return {
      unsubscribe,
      [Symbol.asyncIterator]: () => ({
        next: () => chunks.next(),
        return: () => {
          unsubscribe()
          return Promise.resolve(over)
        },
      }),
    }
  }

  #isWhole(): boolean {
    return !this.#abandoned && this.#totalBytes <= this.#options.maximumBytes
  }

  /** A generator, since it puts reads that overlap in line: the later one would else overtake the one that waits. */
  async *#read(reader: Reader): AsyncGenerator<Buffer, undefined> {
    while (this.#readers.has(reader)) {
      const chunk = this.#chunks[reader.at - this.#released]
      if (chunk !== undefined) {
        reader.at += 1
        this.#release()
        yield chunk
      } else if (this.#end !== undefined) {
        this.#remove(reader)
        if (this.#end.kind === 'failed') throw this.#end.error
      } else {
        this.#change ??= Promise.withResolvers()
        await this.#change.promise
      }
    }
    return undefined
  }

  #remove(reader: Reader): void {
    if (!this.#readers.delete(reader)) return
    this.#wake()
    if (this.#readers.size === 0 && this.#end === undefined) {
      this.#abandoned = true
      this.#chunks = []
      this.#heldBytes = 0
      this.#giveRoom()
      this.#options.onAbandoned()
    } else this.#release()
  }

  #settle(end: End): void {
    if (this.#end !== undefined || this.#abandoned) return
    this.#end = end
    this.#wake()
    this.#giveRoom()
  }

  /** Beyond the bound nobody can come late: what all readers have had is of no use. */
  #release(): void {
    if (this.#totalBytes <= this.#options.maximumBytes) return
    let slowest = this.#released + this.#chunks.length
    for (const { at } of this.#readers) slowest = Math.min(slowest, at)
    for (const chunk of this.#chunks.splice(0, slowest - this.#released)) this.#heldBytes -= chunk.length
    this.#released = slowest
    if (this.#heldBytes <= this.#options.maximumBytes) this.#giveRoom()
  }

  #wake(): void {
    this.#change?.resolve()
    this.#change = undefined
  }

  #giveRoom(): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
