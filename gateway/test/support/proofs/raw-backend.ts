import { createServer, type AddressInfo, type Socket } from 'node:net'

export interface RawRequest {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  /** What is written to it goes out as it stands. */
  readonly socket: Socket
  /** How many requests for a model came before it on the same connection. */
  readonly number: number
}

export interface RawBackend {
  readonly url: string
  /** Open at the moment. */
  readonly sockets: ReadonlySet<Socket>
  /** Connections that were made so far. */
  made(): number
  close(): Promise<void>
}

const PROBED = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}')

/** A model server whose answers are bytes of the proof's own, on connections that it may spoil. Probes get a plain 200. */
export async function startRawBackend(answer: (request: RawRequest) => void): Promise<RawBackend> {
  const sockets = new Set<Socket>()
  let made = 0
  const server = createServer((socket) => {
    made += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    readRequests(socket, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    sockets,
    made: () => made,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** One after the other, as the gateway sends them: a length before each body, nothing pipelined. */
function readRequests(socket: Socket, answer: (request: RawRequest) => void): void {
  let waiting: Buffer = Buffer.alloc(0)
  let number = 0
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    const headEnd = waiting.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = waiting.toString('latin1', 0, headEnd)
    const [method = '', path = ''] = head.split(' ')
    const end = headEnd + '\r\n\r\n'.length + Number(/^content-length: (\d+)\r?$/im.exec(head)?.[1] ?? 0)
    if (waiting.length < end) return
    const text = waiting.toString('utf8', headEnd + '\r\n\r\n'.length, end)
    waiting = waiting.subarray(end)
    if (method === 'GET') return void socket.write(PROBED)
    answer({ path, body: toObject(JSON.parse(text)), socket, number })
    number += 1
  })
}

function toObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
