import type { ContentSide } from '@jairouter/contract/content-rules'
import { CAPTURE } from '../config/compile-policy.ts'
import type { CapturePolicy, KeyRecord, Route, Snapshot } from '../config/snapshot.ts'
import { inputMessages } from '../content/capture/input-messages.ts'
import { outputMessages } from '../content/capture/output-messages.ts'
import { redact } from '../content/capture/redact.ts'
import type { Call } from '../endpoints/call.ts'
import type { CapturedContent, RequestRecord } from '../telemetry/request-record.ts'
import type { AnswerHeaders, ClientPort } from './client-port.ts'

/** Of an answer, as it came: events say little with many bytes. */
const MOST_BYTES = 2 * 1024 ** 2

/** Undefined where contents are not kept, which is nearly everywhere. */
export function captureFor({ policy: { capture } }: Pick<Route, 'policy'>, key: KeyRecord | undefined): CapturePolicy | undefined {
  const wish = key?.capture
  if (wish === undefined) return capture
  return wish ? (capture ?? CAPTURE) : undefined
}

/** What a request said, and what its client was answered; masked before it is given away. */
export class ContentRecorder {
  readonly client: ClientPort
  readonly #policy: CapturePolicy
  readonly #answer: HeldAnswer = { type: '', pieces: [], bytes: 0 }
  #call: Call | undefined

  constructor(policy: CapturePolicy, client: ClientPort) {
    this.#policy = policy
    this.client = policy.sides.includes('answer') ? new RecordedClient(client, this.#answer) : client
  }

  /** The request as content rules have let it through; what they have blocked is not kept. */
  passed(call: Call): void {
    this.#call = call
  }

  /** Once the request is over. */
  content(record: Pick<RequestRecord, 'attempts'>, { backends }: Snapshot): CapturedContent {
    const { maximumBytes, to } = this.#policy
    const keys = new Set(record.attempts.map(({ backend }) => backends.get(backend)?.apiKey))
    const secrets = [...keys, ...credentialsIn(this.client.headers)].filter((secret) => secret !== undefined)
    const limits = { secrets, maximumCharacters: maximumBytes }
    const call = this.#keeps('request') ? this.#call : undefined
    const input = call === undefined ? undefined : redact(inputMessages(call), limits)
    const said = this.#keeps('answer') ? this.#said() : undefined
    const output = said === undefined ? undefined : redact(said, limits)
    return {
      to,
      input: input?.text,
      output: output?.text,
      masked: (input?.masked ?? 0) + (output?.masked ?? 0),
      cut: input?.cut === true || output?.cut === true || this.#answer.bytes > MOST_BYTES,
    }
  }

  #keeps(side: ContentSide): boolean {
    return this.#policy.sides.includes(side)
  }

  #said() {
    const { type, pieces } = this.#answer
    return pieces.length === 0 ? undefined : outputMessages({ type, bytes: Buffer.concat(pieces) })
  }
}

/** `Bearer KEY`, and the headers in which other dialects have it. */
function credentialsIn(headers: ClientPort['headers']): readonly string[] {
  return ['authorization', 'x-api-key', 'api-key'].flatMap((name) => {
    const value = headers[name]
    return typeof value === 'string' ? [value.replace(/^Bearer +/i, '')] : []
  })
}

interface HeldAnswer {
  type: string
  readonly pieces: Buffer[]
  /** Also of what was too much to be held. */
  bytes: number
}

/** A client that is answered as always, while what it is answered is held, up to a bound. */
class RecordedClient implements ClientPort {
  readonly #client: ClientPort
  readonly #held: HeldAnswer

  constructor(client: ClientPort, held: HeldAnswer) {
    this.#client = client
    this.#held = held
  }

  get address(): string {
    return this.#client.address
  }

  get headers(): ClientPort['headers'] {
    return this.#client.headers
  }

  get started(): boolean {
    return this.#client.started
  }

  get written(): number {
    return this.#client.written
  }

  get native(): ClientPort | undefined {
    const { native } = this.#client
    return native === undefined ? undefined : new RecordedClient(native, this.#held)
  }

  send(status: number, headers: AnswerHeaders, body: Buffer | string): void {
    this.#held.type = headers['content-type'] ?? ''
    this.#hold(typeof body === 'string' ? Buffer.from(body) : body)
    this.#client.send(status, headers, body)
  }

  start(status: number, headers: AnswerHeaders): void {
    this.#held.type = headers['content-type'] ?? ''
    this.#client.start(status, headers)
  }

  write(piece: Buffer): Promise<void> | undefined {
    this.#hold(piece)
    return this.#client.write(piece)
  }

  beat(comment: string): void {
    this.#client.beat(comment)
  }

  end(): void {
    this.#client.end()
  }

  cut(): void {
    this.#client.cut()
  }

  #hold(piece: Buffer): void {
    this.#held.bytes += piece.length
    if (this.#held.bytes <= MOST_BYTES) this.#held.pieces.push(piece)
  }
}
