import type { IncomingHttpHeaders } from 'node:http'
import type { TracingSettings } from '../config/snapshot.ts'
import type { Logger } from '../telemetry/log.ts'
import type { RequestRecord, RequestTrace, TraceStart } from '../telemetry/request-record.ts'
import type { OpenTracer } from '../tracing/open-tracer.ts'
import type { DropReason } from '../tracing/span-export.ts'
import type { ConnectPolicy } from '../upstream/policed-connect.ts'

/** How long what is left is sent for, when the exporter changes or the gateway stops. */
const FLUSH_MS = 3_000
const HURRIED_MS = 500

export interface TracingOptions {
  readonly policy: () => ConnectPolicy
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly log: Logger
}

export interface SpanCounts {
  readonly sent: number
  readonly dropped: ReadonlyMap<DropReason, number>
}

/** Traces, while the config says so: the tracer is loaded once they are on. */
export interface Tracing extends TraceStart {
  settled(record: RequestRecord): void
  shadowSettled(record: RequestRecord): void
  /** Fulfilled when these settings hold. */
  follow(settings: TracingSettings | undefined): Promise<void>
  readonly counts: SpanCounts
  /** Sends what is left, for a few seconds at the most. */
  close(how?: 'now'): Promise<void>
}

export function createTracing(options: TracingOptions): Tracing {
  return new TracingSwitch(options)
}

interface Held {
  readonly open: OpenTracer
  /** What it was opened for. */
  readonly receiver: string
}

class TracingSwitch implements Tracing {
  readonly #options: TracingOptions
  #wanted: TracingSettings | undefined
  #held: Held | undefined
  readonly #closing = new Set<Promise<void>>()
  #sent = 0
  readonly #dropped = new Map<DropReason, number>()

  constructor(options: TracingOptions) {
    this.#options = options
  }

  get counts(): SpanCounts {
    return { sent: this.#sent, dropped: this.#dropped }
  }

  begin(headers: IncomingHttpHeaders): RequestTrace | undefined {
    return this.#held?.open.tracer.begin(headers)
  }

  settled(record: RequestRecord): void {
    if (record.trace !== undefined) this.#held?.open.tracer.settled(record)
  }

  shadowSettled(record: RequestRecord): void {
    if (record.trace !== undefined) this.#held?.open.tracer.shadowSettled(record)
  }

  async follow(settings: TracingSettings | undefined): Promise<void> {
    this.#wanted = settings
    if (settings === undefined) return this.#replace(undefined)
    const receiver = receiverOf(settings)
    if (this.#held?.receiver === receiver) {
      this.#held.open.tracer.follow(settings)
      return
    }
    const [{ openTracer }, { default: manifest }] = await Promise.all([
      import('../tracing/open-tracer.ts'),
      import('../../package.json', { with: { type: 'json' } }),
    ])
    // Other settings have come meanwhile.
    if (this.#wanted !== settings) return
    const { policy, now } = this.#options
    const open = openTracer(settings, {
      version: manifest.version,
      policy,
      now,
      write: (line) => void process.stdout.write(line),
      onSent: (spans) => {
        this.#sent += spans
      },
      onDropped: (reason, spans) => void this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + spans),
      onTrouble: (why) => this.#tell(settings, why),
    })
    this.#replace({ open, receiver })
  }

  async close(how?: 'now'): Promise<void> {
    this.#wanted = undefined
    this.#replace(undefined, how === 'now' ? HURRIED_MS : FLUSH_MS)
    await Promise.all(this.#closing)
  }

  /** The one before sends what it has. */
  #replace(next: Held | undefined, limitMs: number = FLUSH_MS): void {
    const before = this.#held
    this.#held = next
    if (before === undefined) return
    const closed = before.open.close(limitMs).finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }

  #tell({ endpoint }: TracingSettings, why: string | undefined): void {
    const { log } = this.#options
    if (why === undefined) log.info({ endpoint }, 'the receiver of traces takes them again')
    else log.warn({ endpoint, why }, 'the receiver of traces does not take them; requests go on, and what its queue cannot hold is dropped')
  }
}

/** What needs another exporter when it changes. */
function receiverOf({ exporter, endpoint, headers, serviceName }: TracingSettings): string {
  return JSON.stringify([exporter, endpoint, headers, serviceName])
}
