import type { Usage } from '../endpoints/usage.ts'
import { ClientGone } from '../errors/client-gone.ts'
import { SharedStream, SingleFlight, type Subscription } from '../fallback/single-flight.ts'
import type { Delivered } from './attempt.ts'
import type { AnswerHeaders, ClientPort } from './client-port.ts'
import { isBlocked } from './content-blocked.ts'
import { failureOf } from './failure.ts'

/** Bytes of an answer that are kept for who joins late; beyond, the slowest reader sets the pace. */
const KEPT_BYTES = 8 * 1024 ** 2

/** The calls that are under way and may be shared, by the key of their answers. */
export type SharedCalls = SingleFlight<SharedCall>

export function createSharedCalls(): SharedCalls {
  return new SingleFlight<SharedCall>((call) => call.takesJoiners)
}

interface Head {
  readonly status: number
  readonly headers: AnswerHeaders
  /** A whole answer, to be sent in one piece. */
  readonly whole: boolean
}

/**
 * One call whose answer goes to all who asked the same meanwhile: towards the backend it is the client, towards each
 * client a stream that begins at the first byte. It ends early only when the last of them has left.
 */
export class SharedCall implements ClientPort {
  readonly address: string
  readonly headers: ClientPort['headers']
  /** Aborted when nobody waits for the answer any more. */
  readonly cancel = new AbortController()
  started = false
  written = 0
  readonly #stream = new SharedStream({ maximumBytes: KEPT_BYTES, onAbandoned: () => this.cancel.abort(new ClientGone()) })
  readonly #head = Promise.withResolvers<Head | undefined>()
  readonly #outcome = Promise.withResolvers<Delivered>()

  constructor({ address, headers }: Pick<ClientPort, 'address' | 'headers'>) {
    this.address = address
    this.headers = headers
  }

  get takesJoiners(): boolean {
    return this.#stream.takesJoiners
  }

  /** In the same turn as the join: later the first bytes may be gone. */
  subscribe(): Subscription {
    return this.#stream.subscribe()
  }

  /** Makes the call; resolves when it is over, whoever still reads. */
  async run(ask: () => Promise<Delivered>): Promise<void> {
    let delivered: Delivered
    try {
      delivered = await ask()
    } catch (error) {
      delivered = { kind: 'failed', failure: failureOf(error) }
    }
    this.#outcome.resolve(delivered)
    this.#head.resolve(undefined)
    this.#stream.end()
  }

  /** Gives the answer to one client. `own` are the headers that are its own. */
  async giveTo(
    client: ClientPort,
    { subscription, own, signal }: { subscription: Subscription; own: () => AnswerHeaders; signal: AbortSignal },
  ): Promise<Delivered> {
    const leave = () => {
      subscription.unsubscribe()
      left.resolve(undefined)
    }
    const left = Promise.withResolvers<undefined>()
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    try {
      const head = await Promise.race([this.#head.promise, left.promise])
      if (signal.aborted) return { kind: 'failed', failure: failureOf(signal.reason) }
      if (head === undefined) return await this.#outcome.promise
      const headers = { ...withoutLimits(head.headers), ...own() }
      if (head.whole) client.send(head.status, headers, await allOf(subscription))
      else await passOn(subscription, client, { status: head.status, headers })
      if (signal.aborted) return { kind: 'failed', failure: failureOf(signal.reason) }
      return await this.#outcome.promise
    } finally {
      signal.removeEventListener('abort', leave)
      subscription.unsubscribe()
    }
  }

  /** Once the call is over: what it has cost. */
  async usage(): Promise<Usage | undefined> {
    const delivered = await this.#outcome.promise
    return delivered.kind === 'failed' ? undefined : delivered.usage
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    this.#begin({ status, headers, whole: true })
    void this.#stream.push(typeof body === 'string' ? Buffer.from(body) : body)
    this.#stream.end()
  }

  start(status: number, headers: AnswerHeaders): void {
    this.#begin({ status, headers, whole: false })
  }

  write(piece: Buffer): Promise<void> | undefined {
    this.written += 1
    return this.#stream.push(piece)
  }

  /** Each client has heartbeats of its own. */
  beat(): void {}

  end(): void {
    this.#stream.end()
  }

  cut(): void {
    this.#stream.fail(new Error('the answer broke off'))
  }

  #begin(head: Head): void {
    this.started = true
    this.written += 1
    this.#head.resolve(head)
  }
}

async function allOf(subscription: Subscription): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of subscription) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function passOn(subscription: Subscription, client: ClientPort, head: Omit<Head, 'whole'>): Promise<void> {
  client.start(head.status, head.headers)
  try {
    for await (const piece of subscription) await client.write(piece)
    client.end()
  } catch (error) {
    client.cut()
    // Content rules of this client's own: the call is not over for the others.
    if (isBlocked(error)) throw error
  }
}

/** What is left of a limit is everybody's own. */
function withoutLimits(headers: AnswerHeaders): AnswerHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-ratelimit-')))
}
