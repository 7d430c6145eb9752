import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Server, ServerCredentials, status as grpcStatus, type ServiceDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { eventually } from './eventually.ts'
import { whenOver } from './when-over.ts'

/** A span as the protobuf says it, in forms that are easy to compare. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly id: string
  /** '' where there is none. */
  readonly parentId: string
  readonly state: string
  readonly name: string
  readonly kind: number
  readonly start: bigint
  readonly end: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly at: bigint; readonly attributes: Readonly<Record<string, unknown>> }[]
  readonly status: number
  readonly flags: number
  readonly resource: Readonly<Record<string, unknown>>
}

/** How it answers: with so many spans rejected, or with an error. `undefined` for `status`: not at all. */
export interface ReceiverMood {
  readonly rejected?: number
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export interface TraceReceiver {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  /** Everything that was sent, as it came. */
  readonly bytes: readonly Buffer[]
  readonly headers: readonly IncomingHttpHeaders[]
  mood: ReceiverMood
  /** Resolves with that many spans. */
  received(count: number): Promise<readonly ReceivedSpan[]>
}

const SERVICE = 'opentelemetry.proto.collector.trace.v1.TraceService'

/** The definitions of OpenTelemetry's own, read by gRPC's own loader. */
const definitions = loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto', {
  includeDirs: [join(import.meta.dirname, '../tracing/proto')],
  longs: String,
  defaults: true,
  oneofs: true,
})

function exportMethod() {
  const definition: unknown = definitions[SERVICE]
  if (typeof definition !== 'object' || definition === null || !('Export' in definition)) throw new Error(`There is no ${SERVICE}`)
  return definition.Export as {
    readonly path: string
    requestDeserialize(bytes: Buffer): ExportRequest
    responseSerialize(answer: object): Buffer
  }
}

/** OTLP over HTTP. */
export async function startHttpReceiver(): Promise<TraceReceiver> {
  const receiver = new Received()
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readAll(request)
    const { status = 200, rejected = 0, headers = {} } = receiver.mood
    if ('status' in receiver.mood && receiver.mood.status === undefined) return
    if (status === 200) receiver.take(body, { path: request.url, ...request.headers }, exportMethod().requestDeserialize(body))
    else receiver.headers.push(request.headers)
    response.writeHead(status, { 'content-type': 'application/x-protobuf', ...headers })
    response.end(status === 200 ? exportMethod().responseSerialize(answerFor(rejected)) : '')
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  whenOver(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  receiver.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  return receiver
}

/** OTLP over gRPC, by gRPC's own server. */
export async function startGrpcReceiver(): Promise<TraceReceiver> {
  const receiver = new Received()
  const server = new Server()
  const method = exportMethod()
  // The bytes as they came, too.
  const raw = { ...method, requestDeserialize: (bytes: Buffer) => ({ bytes, request: method.requestDeserialize(bytes) }) }
  const service = { Export: raw } as unknown as ServiceDefinition
  server.addService(service, {
    Export(
      call: { request: { bytes: Buffer; request: ExportRequest }; metadata: { getMap(): Record<string, unknown> } },
      answer: (error: { code: number; details: string } | null, value?: object) => void,
    ) {
      const { status = 0, rejected = 0 } = receiver.mood
      if ('status' in receiver.mood && receiver.mood.status === undefined) return
      if (status !== 0) return answer({ code: status, details: 'as the test says' })
      const headers = Object.fromEntries(Object.entries(call.metadata.getMap()).map(([name, value]) => [name, String(value)]))
      receiver.take(call.request.bytes, headers, call.request.request)
      answer(null, answerFor(rejected))
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error)))
  })
  whenOver(() => server.forceShutdown())
  receiver.url = `http://127.0.0.1:${port}`
  return receiver
}

export const GRPC_UNAVAILABLE = grpcStatus.UNAVAILABLE

function answerFor(rejected: number): object {
  return rejected === 0 ? {} : { partialSuccess: { rejectedSpans: String(rejected), errorMessage: 'as the test says' } }
}

class Received implements TraceReceiver {
  url = ''
  mood: ReceiverMood = {}
  readonly spans: ReceivedSpan[] = []
  readonly bytes: Buffer[] = []
  readonly headers: IncomingHttpHeaders[] = []

  take(bytes: Buffer, headers: IncomingHttpHeaders, request: ExportRequest): void {
    this.bytes.push(bytes)
    this.headers.push(headers)
    for (const { resource, scopeSpans } of request.resourceSpans)
      for (const { spans } of scopeSpans) this.spans.push(...spans.map((span) => spanOf(span, attributesOf(resource.attributes))))
  }

  received(count: number): Promise<readonly ReceivedSpan[]> {
    return eventually(() => {
      if (this.spans.length < count) throw new Error(`${this.spans.length} spans of ${count} have come`)
      return this.spans
    })
  }
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] }
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[]
  }[]
}

interface RawSpan {
  readonly traceId: Buffer
  readonly spanId: Buffer
  readonly parentSpanId: Buffer
  readonly traceState: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly KeyValue[]
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string; readonly attributes: readonly KeyValue[] }[]
  readonly status: { readonly code: number } | null
  readonly flags: number
}

interface KeyValue {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>> & { readonly value?: string }
}

function spanOf(span: RawSpan, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  return {
    traceId: span.traceId.toString('hex'),
    id: span.spanId.toString('hex'),
    parentId: span.parentSpanId.toString('hex'),
    state: span.traceState,
    name: span.name,
    kind: span.kind,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ name, timeUnixNano, attributes }) => ({
      name,
      at: BigInt(timeUnixNano),
      attributes: attributesOf(attributes),
    })),
    status: span.status?.code ?? 0,
    flags: span.flags,
    resource,
  }
}

function attributesOf(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]))
}

/** `value` names the field that is set. */
function valueOf(value: KeyValue['value']): unknown {
  const set = value[value.value ?? '']
  if (value.value === 'intValue') return Number(set)
  if (value.value !== 'arrayValue') return set
  const { values } = set as { readonly values: readonly KeyValue['value'][] }
  return values.map(valueOf)
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
