import { randomFillSync, randomUUID } from 'node:crypto'
import type { TracingSettings } from '../config/snapshot.ts'
import type { BatchReceiver } from '../upstream/batch-receiver.ts'
import { createGrpcReceiver } from '../upstream/otlp-grpc.ts'
import { createHttpReceiver } from '../upstream/otlp-http.ts'
import type { ConnectPolicy } from '../upstream/policed-connect.ts'
import { encodeJson } from './otlp-json.ts'
import { encodeProtobuf } from './otlp-protobuf.ts'
import { spanCount, spansOf, type TracedRequest } from './request-spans.ts'
import { SpanExport, type SpanExportOptions } from './span-export.ts'
import { TraceIds } from './trace-ids.ts'
import { Tracer } from './tracer.ts'

export interface TracerPorts extends Pick<SpanExportOptions<TracedRequest>, 'onSent' | 'onDropped' | 'onTrouble'> {
  /** Of the gateway. */
  readonly version: string
  readonly policy: () => ConnectPolicy
  readonly now: () => number
  /** Takes the lines of the exporter `console`. */
  readonly write: (line: Buffer) => void
}

export interface OpenTracer {
  readonly tracer: Tracer
  /** Sends what there is, for so long. */
  close(limitMs: number): Promise<void>
}

/** The same for as long as the process lives. */
const INSTANCE_ID = randomUUID()

/** A tracer with its exporter. */
export function openTracer(settings: TracingSettings, ports: TracerPorts): OpenTracer {
  const { version } = ports
  const source = {
    resource: { 'service.name': settings.serviceName, 'service.version': version, 'service.instance.id': INSTANCE_ID },
    scope: { name: 'jairouter', version },
  }
  const encode = settings.exporter === 'console' ? encodeJson : encodeProtobuf
  const spans = new SpanExport<TracedRequest>({
    ...ports,
    receiver: receiverOf(settings, ports),
    encode: (items) => encode(source, items.flatMap(spansOf)),
    weight: spanCount,
    random: Math.random,
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds).unref()
      return () => clearTimeout(timer)
    },
  })
  const tracer = new Tracer(settings, {
    ids: new TraceIds((bytes) => void randomFillSync(bytes)),
    now: ports.now,
    wallClock: Date.now,
    keep: (traced) => spans.add(traced),
  })
  return { tracer, close: (limitMs) => spans.close(limitMs) }
}

function receiverOf(settings: TracingSettings, { policy, write }: TracerPorts): BatchReceiver {
  const address = { url: settings.endpoint, headers: settings.headers }
  if (settings.exporter === 'otlp-http') return createHttpReceiver(address, policy)
  if (settings.exporter === 'otlp-grpc') return createGrpcReceiver(address, policy)
  return {
    send(batch) {
      write(batch)
      return Promise.resolve({ kind: 'taken', rejected: 0 })
    },
    close() {},
  }
}
