import { request, type IncomingMessage } from 'node:http'
import { eventually } from './eventually.ts'
import { whenOver } from './when-over.ts'

export interface SseEvent {
  readonly event: string
  readonly id: string | undefined
  // What the events of the stream hold.
  readonly data: {
    readonly topic?: string
    readonly type?: string
    readonly data?: unknown
    readonly stream?: string
    readonly reason?: string
  }
}

export interface SseClient {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly events: readonly SseEvent[]
  /** The id of the last event that had one. */
  lastId(): string | undefined
  /** Resolves with the first event that fits, of those that have come or will come. */
  next(fits: (event: SseEvent) => boolean): Promise<SseEvent>
  readonly ended: Promise<void>
  /** Takes nothing more from the socket until `resume`. */
  pause(): void
  resume(): void
  leave(): void
}

/** Reads a stream of server-sent events over a plain socket. */
export async function openSse(url: string, headers: Readonly<Record<string, string>> = {}): Promise<SseClient> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers, agent: false }, resolve).on('error', reject).end()
  })
  whenOver(() => void response.destroy())
  const events: SseEvent[] = []
  let text = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    const parts = text.split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) if (!part.startsWith(':')) events.push(parse(part))
  })
  response.on('error', () => {})
  const ended = new Promise<void>((resolve) => {
    response.once('close', resolve)
  })
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    events,
    lastId: () => events.findLast(({ id }) => id !== undefined)?.id,
    next: (fits) =>
      eventually(() => {
        const found = events.find(fits)
        if (found === undefined) throw new Error(`not among ${JSON.stringify(events).slice(-2_000)}`)
        return found
      }),
    ended,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    leave: () => void response.destroy(),
  }
}

function parse(text: string): SseEvent {
  const fields = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
  return { event: fields.get('event') ?? '', id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') as SseEvent['data'] }
}
