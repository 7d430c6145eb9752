import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { connectionFault, rejectedIn, type BatchReceiver, type BatchResult, type ReceiverAddress } from './batch-receiver.ts'
import { createConnectGuard, type ConnectGuard, type ConnectPolicy } from './policed-connect.ts'

/** Flag of compression and length before each message (gRPC over HTTP/2). */
const PREFIX_BYTES = 5
const ANSWER_BYTES = 64 * 1024
/** Cancelled, deadline exceeded, resource exhausted, aborted, out of range, unavailable, data loss: to be tried again (OTLP 1.x). */
const RETRYABLE: ReadonlySet<number> = new Set([1, 4, 8, 10, 11, 14, 15])
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** OTLP over gRPC: one unary call for each batch, on one connection. */
export function createGrpcReceiver({ url, headers }: ReceiverAddress, policy: () => ConnectPolicy): BatchReceiver {
  const target = new URL(url)
  const guard = createConnectGuard(policy, portOf(target))
  let session: ClientHttp2Session | undefined
  const open = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session
    const opened = connectHttp2(target.origin, { createConnection: () => connectGuarded(target, guard) })
    // What is asked on it is told by the stream.
    opened.on('error', () => {})
    opened.on('goaway', () => opened.close())
    // A connection that is idle holds up no end of the process.
    opened.unref()
    session = opened
    return opened
  }
  return {
    async send(batch, signal) {
      try {
        signal.throwIfAborted()
        guard.check(target.hostname)
        const stream = open().request({
          ...headers,
          ':method': 'POST',
          ':path': target.pathname,
          'content-type': 'application/grpc',
          te: 'trailers',
          'user-agent': 'JAiRouter',
        })
        return await answerOf(stream, batch, signal)
      } catch (error) {
        session?.destroy()
        return signal.aborted ? { kind: 'later', why: 'no answer in time' } : connectionFault(error)
      }
    },
    close() {
      session?.destroy()
    },
  }
}

function connectGuarded(target: URL, guard: ConnectGuard): Socket {
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1')
  const options = { host, port: portOf(target), lookup: guard.lookup }
  const isSecure = target.protocol === 'https:'
  const socket = isSecure ? connectTls({ ...options, servername: host, ALPNProtocols: ['h2'] }) : connectTcp(options)
  socket.once('connect', () => {
    try {
      guard.checkConnected(socket)
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined)
    }
  })
  return socket
}

function answerOf(stream: ClientHttp2Stream, batch: Buffer, signal: AbortSignal): Promise<BatchResult> {
  const { promise, resolve, reject } = Promise.withResolvers<BatchResult>()
  const chunks: Buffer[] = []
  let size = 0
  let head: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  const end = () => stream.close(constants.NGHTTP2_CANCEL)
  signal.addEventListener('abort', end, { once: true })
  stream.on('response', (headers) => {
    head = headers
  })
  stream.on('trailers', (headers) => {
    trailers = headers
  })
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= ANSWER_BYTES) chunks.push(chunk)
    else end()
  })
  stream.on('error', reject)
  stream.on('close', () => resolve(resultOf(head, trailers, Buffer.concat(chunks))))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(batch.length, 1)
  stream.write(prefix)
  stream.end(batch)
  return promise.finally(() => signal.removeEventListener('abort', end))
}

function resultOf(head: IncomingHttpHeaders, trailers: IncomingHttpHeaders, answer: Buffer): BatchResult {
  // An answer without a message has it among its headers.
  const said = trailers['grpc-status'] ?? head['grpc-status']
  if (said === undefined) {
    const status = Number(head[':status'] ?? 0)
    const why = status === 0 ? 'no answer' : `status ${status} in place of one of gRPC`
    return status === 0 || RETRYABLE_STATUS.has(status) ? { kind: 'later', why } : { kind: 'refused', why }
  }
  const status = Number(said)
  if (status === 0) return { kind: 'taken', rejected: rejectedIn(answer.subarray(PREFIX_BYTES)) }
  const why = `gRPC status ${status}`
  return RETRYABLE.has(status) ? { kind: 'later', why } : { kind: 'refused', why }
}

function portOf({ port, protocol }: URL): number {
  return Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port)
}
