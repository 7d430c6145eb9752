import { getEventListeners, once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createSecureContext, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { eventually } from '../../test/support/eventually.ts'
import { createPictureFetcher, type PictureFetcherOptions } from './fetch-picture.ts'
import { PictureRefused } from '../errors/picture-refused.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

interface Tracked {
  readonly port: number
  /** Connections that were made so far; asked by one more, before which they all have been accepted. */
  readonly made: () => Promise<number>
  /** Resolves once every connection is closed from the other side; the server itself closes none. */
  readonly allClosed: () => Promise<void>
}

/** Listens on a loopback port until the test ends. */
async function track(server: Server): Promise<Tracked> {
  const sockets = new Set<Socket>()
  let made = 0
  server.on('connection', (socket: Socket) => {
    made += 1
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not a TCP server')
  const { port } = address
  return {
    port,
    made: async () => {
      const last = connect(port, '127.0.0.1')
      const accepted = new Promise<void>((resolve) =>
        server.on('connection', ({ remotePort }: Socket) => {
          if (remotePort === last.localPort) resolve()
        }),
      )
      await once(last, 'connect')
      await accepted
      last.destroy()
      return made - 1
    },
    allClosed: () => eventually(() => expect(sockets.size).toBe(0)),
  }
}

async function serve(listener: RequestListener): Promise<Tracked & { readonly requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createHttpServer((request, response) => {
    requests.push(request)
    listener(request, response)
  })
  return { ...(await track(server)), requests }
}

const servePng = () => serve((_request, response) => response.end(PNG))

/** Closed by nobody but the other side. */
const serveBytes = (answer: string) =>
  track(createTcpServer({ allowHalfOpen: true }, (socket) => socket.once('data', () => socket.write(answer)).on('end', () => socket.end())))

const OPTIONS: PictureFetcherOptions = { allowPrivate: true, maximumBytes: 100, timeoutMs: 15_000 }

function fetchPicture(url: string, options: Partial<PictureFetcherOptions> = {}, signal = new AbortController().signal) {
  return createPictureFetcher({ ...OPTIONS, ...options })(url, signal)
}

/** What it was refused for, and what the client would read. */
async function refusalOf(url: string, options: Partial<PictureFetcherOptions> = {}): Promise<readonly [reason: string, why: string]> {
  const error: unknown = await fetchPicture(url, options).then(
    () => 'not refused',
    (error: unknown) => error,
  )
  if (!(error instanceof PictureRefused)) throw error
  expect(error.name).toBe('PictureRefused')
  const [, why = error.message] = /^The picture could not be fetched: (.*)\.$/.exec(error.message) ?? []
  return [error.reason, why]
}

type Lookup = NonNullable<PictureFetcherOptions['lookup']>

/** Gives one answer after the other, the last one for ever; writes down what it was asked. */
function resolver(...answers: readonly (readonly string[])[]): { lookup: Lookup; asked: string[] } {
  const asked: string[] = []
  const lookup: Lookup = (host) => {
    asked.push(host)
    const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? []
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
  }
  return { lookup, asked }
}

const NOT_PUBLIC = ['not-allowed', 'its host is not one of the public internet']

describe('a picture', () => {
  it.each([
    ['image/png', PNG.subarray(0, 8)],
    ['image/jpeg', Buffer.from('ffd8ff', 'hex')],
    ['image/gif', Buffer.from('GIF87a')],
    ['image/gif', Buffer.from('GIF89a')],
    ['image/webp', Buffer.from('RIFF\n\0\r\xffWEBP', 'latin1')],
  ])('is %s by its first bytes, whatever the server calls it', async (mediaType, bytes) => {
    const server = await serve((_request, response) => response.setHeader('content-type', 'text/html').end(bytes))
    expect(await fetchPicture(`http://127.0.0.1:${server.port}/`)).toEqual({ mediaType, bytes })
    await server.allClosed()
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['less than a PNG', PNG.subarray(0, 7)],
    ['a PNG broken by text mode', Buffer.from('89504e470a1a0a00', 'hex')],
    ['less than a JPEG', Buffer.from('ffd8', 'hex')],
    ['no JPEG', Buffer.from('ffd8fe', 'hex')],
    ['no GIF', Buffer.from('GIF88a')],
    ['a GIF not at the start', Buffer.from(' GIF89a')],
    ['another RIFF', Buffer.from('RIFF\0\0\0\0WAVEfmt ')],
    ['WebP too early', Buffer.from('RIFF\0\0\0WEBP')],
    ['a page', Buffer.from('<html>')],
    ['a PNG that was compressed unasked', gzipSync(PNG)],
  ])('is refused when it is %s, whatever the server calls it', async (_name, bytes) => {
    const server = await serve((_request, response) => response.setHeader('content-type', 'image/png').end(bytes))
    const refusal = await refusalOf(`http://127.0.0.1:${server.port}/`)
    expect(refusal).toEqual(['not-an-image', 'what it led to is no PNG, JPEG, GIF or WebP'])
    await server.allClosed()
  })

  it('is asked for with nothing of the client’s', async () => {
    const server = await servePng()
    await fetchPicture(`http://127.0.0.1:${server.port}/a%20b?c=d#e`)
    const [request] = server.requests
    expect({ method: request?.method, path: request?.url, headers: request?.headers }).toEqual({
      method: 'GET',
      path: '/a%20b?c=d',
      headers: {
        host: `127.0.0.1:${server.port}`,
        connection: 'close',
        accept: 'image/png, image/jpeg, image/gif, image/webp',
        'accept-encoding': 'identity',
        'user-agent': 'JAiRouter',
      },
    })
  })

  it('comes in chunks, and leaves nothing on the signal', async () => {
    const server = await serve((_request, response) => {
      response.write(PNG.subarray(0, 3))
      response.end(PNG.subarray(3))
    })
    const { signal } = new AbortController()
    expect(await fetchPicture(`http://127.0.0.1:${server.port}/`, {}, signal)).toEqual({ mediaType: 'image/png', bytes: PNG })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await server.allClosed()
  })
})

describe('an address that may not be asked', () => {
  it.each([
    ['', 'its address is no URL'],
    ['/picture.png', 'its address is no URL'],
    ['http://', 'its address is no URL'],
    ['http://a:65536/', 'its address is no URL'],
    ['http://[fe80::1%25eth0]/', 'its address is no URL'],
    ['file:///etc/passwd', 'its address must be of http or https'],
    ['ftp://pictures.test/', 'its address must be of http or https'],
    ['gopher://pictures.test/', 'its address must be of http or https'],
    ['data:image/png;base64,iVBORw0KGgo=', 'its address must be of http or https'],
    ['unix:/run/x.sock', 'its address must be of http or https'],
    ['http://name@pictures.test/', 'its address must not hold a user name or password'],
    ['https://:word@pictures.test/', 'its address must not hold a user name or password'],
  ])('%j is refused before its host is looked up', async (url, why) => {
    const { lookup, asked } = resolver(['127.0.0.1'])
    expect(await refusalOf(url, { lookup })).toEqual(['not-allowed', why])
    expect(asked).toEqual([])
  })

  it.each(['127.0.0.1', '127.1', '0x7f.1', '2130706433', '0177.0.0.1', '127.0.0.1.', '①②⑦.⓪.⓪.①', '[::ffff:127.0.0.1]', '[::127.0.0.1]'])(
    '%s is loopback, and nobody connects to it',
    async (host) => {
      const server = await servePng()
      const { lookup, asked } = resolver(['127.0.0.1'])
      expect(await refusalOf(`http://${host}:${server.port}/`, { allowPrivate: false, lookup })).toEqual(NOT_PUBLIC)
      expect({ asked, made: await server.made() }).toEqual({ asked: [], made: 0 })
    },
  )

  it.each([
    ['loopback alone', ['127.0.0.1']],
    ['a public address and then loopback', ['8.8.8.8', '127.0.0.1']],
    ['loopback and then a public address', ['127.0.0.1', '2606:4700::1111']],
    ['loopback within IPv6', ['::ffff:127.0.0.1']],
    ['what is no address', ['127.1']],
  ])('a name that has %s is not asked at all', async (_name, addresses) => {
    const server = await servePng()
    const { lookup, asked } = resolver(addresses)
    expect(await refusalOf(`http://pictures.test:${server.port}/`, { allowPrivate: false, lookup })).toEqual(NOT_PUBLIC)
    expect({ asked, made: await server.made() }).toEqual({ asked: ['pictures.test'], made: 0 })
  })

  it('localhost is what the system says it is', async () => {
    const server = await servePng()
    expect(await refusalOf(`http://localhost:${server.port}/`, { allowPrivate: false })).toEqual(NOT_PUBLIC)
    expect(await server.made()).toBe(0)
    // Also where ::1 comes first: the next address is tried.
    expect(await fetchPicture(`http://localhost:${server.port}/`)).toEqual({ mediaType: 'image/png', bytes: PNG })
    await server.allClosed()
  })

  it.each(['http://169.254.169.254/latest/', 'http://[fd00:ec2::254]/', 'http://[fe80::1]/', 'http://[::ffff:169.254.169.254]/'])(
    '%s is refused on closed networks, too',
    async (url) => {
      expect(await refusalOf(url)).toEqual(NOT_PUBLIC)
    },
  )
})

describe('a name', () => {
  it('is looked up once, and the connection goes where that pointed', async () => {
    const server = await servePng()
    // Nobody but this resolver knows the name: a second question would lead nowhere, or to the metadata service.
    const { lookup, asked } = resolver(['127.0.0.1'], ['169.254.169.254'])
    expect(await fetchPicture(`http://pictures.test:${server.port}/`, { lookup })).toEqual({ mediaType: 'image/png', bytes: PNG })
    expect({ asked, made: await server.made() }).toEqual({ asked: ['pictures.test'], made: 1 })
    expect(server.requests[0]?.headers.host).toBe(`pictures.test:${server.port}`)
    await server.allClosed()
  })

  it('that is public when it is checked can’t be private when the connection is made', async () => {
    const server = await servePng()
    let asked = 0
    const lookup: Lookup = () => {
      asked += 1
      // An IPv6 address that is called IPv4 passes the check, and then fails before a packet leaves this machine.
      return Promise.resolve([{ address: asked === 1 ? '2606:4700::1111' : '127.0.0.1', family: 4 }])
    }
    const [reason] = await refusalOf(`http://pictures.test:${server.port}/`, { allowPrivate: false, lookup })
    expect({ reason, asked, made: await server.made() }).toEqual({ reason: 'unreachable', asked: 1, made: 0 })
  })

  it('without an address is not known', async () => {
    expect(await refusalOf('http://pictures.test/', resolver([]))).toEqual(['unreachable', 'its host is not known'])
  })

  it('that can’t be looked up is not known', async () => {
    const lookup = () => Promise.reject(new Error('getaddrinfo EAI_AGAIN 10.0.0.1'))
    expect(await refusalOf('http://pictures.test/', { lookup })).toEqual(['unreachable', 'its host is not known'])
  })
})

describe('a redirect', () => {
  /** /3 leads to /2, and so on; /0 is the picture. */
  const countDown: RequestListener = ({ url = '' }, response) => {
    const left = Number(url.slice(1))
    if (left === 0) response.end(PNG)
    else response.writeHead(302, { location: String(left - 1) }).end('moved')
  }

  it.each([301, 302, 303, 307, 308])('with status %d is followed', async (status) => {
    const server = await serve(({ url }, response) =>
      url === '/a/b' ? response.end(PNG) : response.writeHead(status, { location: '/a/b' }).end(),
    )
    expect(await fetchPicture(`http://127.0.0.1:${server.port}/`)).toEqual({ mediaType: 'image/png', bytes: PNG })
    await server.allClosed()
  })

  it('may come three times', async () => {
    const server = await serve(countDown)
    expect(await fetchPicture(`http://127.0.0.1:${server.port}/3`)).toEqual({ mediaType: 'image/png', bytes: PNG })
    expect(server.requests.map(({ url }) => url)).toEqual(['/3', '/2', '/1', '/0'])
    await server.allClosed()
  })

  it('may not come four times', async () => {
    const server = await serve(countDown)
    const refusal = await refusalOf(`http://127.0.0.1:${server.port}/4`)
    expect(refusal).toEqual(['unreachable', 'it redirects more than 3 times'])
    expect(server.requests.map(({ url }) => url)).toEqual(['/4', '/3', '/2', '/1'])
    await server.allClosed()
  })

  it('is looked up anew, also on the same host', async () => {
    const server = await serve(countDown)
    const { lookup, asked } = resolver(['127.0.0.1'], ['127.0.0.1', '169.254.169.254'])
    expect(await refusalOf(`http://pictures.test:${server.port}/1`, { lookup })).toEqual(NOT_PUBLIC)
    expect({ asked, made: await server.made() }).toEqual({ asked: ['pictures.test', 'pictures.test'], made: 1 })
    await server.allClosed()
  })

  it.each([
    ['http://169.254.169.254/latest/meta-data/', NOT_PUBLIC[1]],
    ['//[fe80::1]/', NOT_PUBLIC[1]],
    ['http://inner.test/', NOT_PUBLIC[1]],
    ['file:///etc/passwd', 'its address must be of http or https'],
    ['http://name:word@pictures.test/', 'its address must not hold a user name or password'],
    ['http://', 'its address is no URL'],
  ])('to %s is refused, and doesn’t say where it led', async (location, why) => {
    const server = await serve((_request, response) => response.writeHead(302, { location }).end())
    const lookup: Lookup = (host) => Promise.resolve([{ address: host === 'inner.test' ? '169.254.169.254' : '127.0.0.1', family: 4 }])
    expect(await refusalOf(`http://pictures.test:${server.port}/`, { lookup })).toEqual(['not-allowed', why])
    expect(await server.made()).toBe(1)
    await server.allClosed()
  })

  it.each([
    [302, {}],
    [300, { location: '/other' }],
    [304, { location: '/other' }],
    [201, { location: '/other' }],
  ])('is none with status %d and %j', async (status, headers) => {
    const server = await serve((_request, response) => response.writeHead(status, headers).end())
    const refusal = await refusalOf(`http://127.0.0.1:${server.port}/`)
    expect(refusal).toEqual(['unreachable', `its server answered with status ${status}`])
    expect(server.requests).toHaveLength(1)
    await server.allClosed()
  })
})

describe('a picture of the largest size', () => {
  const largest = Buffer.concat([PNG, Buffer.alloc(84)])

  it.each([
    ['with', { 'content-length': '100' }],
    ['without', {}],
  ])('is taken %s a content-length', async (_name, headers) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, headers)
      response.write(largest)
      response.end()
    })
    expect(await fetchPicture(`http://127.0.0.1:${server.port}/`)).toEqual({ mediaType: 'image/png', bytes: largest })
  })

  it('and one byte is refused by its content-length, before any of it has come', async () => {
    const server = await serve((_request, response) => response.writeHead(200, { 'content-length': '101' }).flushHeaders())
    expect(await refusalOf(`http://127.0.0.1:${server.port}/`)).toEqual(['too-large', 'it has more than 100 bytes'])
    await server.allClosed()
  })

  it('and one byte is given up when that byte comes, however much was still to follow', async () => {
    const server = await serve((_request, response) => {
      response.write(largest)
      response.write('x')
    })
    expect(await refusalOf(`http://127.0.0.1:${server.port}/`)).toEqual(['too-large', 'it has more than 100 bytes'])
    await server.allClosed()
  })
})

describe('a server', () => {
  it.each([204, 206, 400, 404, 500, 503])('that answers with status %d has no picture', async (status) => {
    const server = await serve((_request, response) => response.writeHead(status).end(status === 204 ? undefined : PNG))
    const refusal = await refusalOf(`http://127.0.0.1:${server.port}/`)
    expect(refusal).toEqual(['unreachable', `its server answered with status ${status}`])
    await server.allClosed()
  })

  it('that isn’t there refuses connections', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    const port = typeof address === 'object' ? address?.port : undefined
    expect(await refusalOf(`http://127.0.0.1:${port}/`)).toEqual(['unreachable', 'its server refuses connections'])
  })

  it('that breaks off before its answer has no picture', async () => {
    const server = await serve((_request, response) => response.socket?.resetAndDestroy())
    expect(await refusalOf(`http://127.0.0.1:${server.port}/`)).toEqual(['unreachable', 'its server broke off the connection'])
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['one with a content-length', { 'content-length': '17' }],
    ['a chunked one', {}],
  ])('that ends its answer too early, %s, has no picture', async (_name, headers) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, headers)
      response.write(PNG, () => response.socket?.end())
    })
    const refusal = await refusalOf(`http://127.0.0.1:${server.port}/`)
    expect(refusal).toEqual(['unreachable', 'its server gave no complete HTTP answer'])
    await server.allClosed()
  })

  it.each([
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    ['sends a huge header', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(16 * 1024)}\r\n\r\n`],
  ])('that %s has no picture', async (_name, answer) => {
    const server = await serveBytes(answer)
    expect(await refusalOf(`http://127.0.0.1:${server.port}/`)).toEqual(['unreachable', 'its server gave no complete HTTP answer'])
    await server.allClosed()
  })
})

describe('over TLS', () => {
  async function serveTls(trusted: boolean) {
    const { key, certificate } = makeCertificate()
    if (trusted) {
      const before = getCACertificates('default')
      setDefaultCACertificates([...before, certificate])
      onTestFinished(() => setDefaultCACertificates(before))
    }
    const names: string[] = []
    const server = createHttpsServer(
      {
        key,
        cert: certificate,
        SNICallback: (name, callback) => {
          names.push(name)
          callback(null, createSecureContext({ key, cert: certificate }))
        },
      },
      (_request, response) => response.end(PNG),
    )
    return { ...(await track(server)), names }
  }

  it('a trusted server’s picture is taken', async () => {
    const server = await serveTls(true)
    expect(await fetchPicture(`https://127.0.0.1:${server.port}/`)).toEqual({ mediaType: 'image/png', bytes: PNG })
    await server.allClosed()
  })

  it('a server is asked for the host’s name and must prove that one, not the address that it led to', async () => {
    const server = await serveTls(true)
    const { lookup, asked } = resolver(['127.0.0.1'])
    const refusal = await refusalOf(`https://pictures.test:${server.port}/`, { lookup })
    expect(refusal).toEqual(['unreachable', 'its server has no certificate that is trusted'])
    expect({ asked, names: server.names }).toEqual({ asked: ['pictures.test'], names: ['pictures.test'] })
    await server.allClosed()
  })

  it('a server that nobody vouches for is refused', async () => {
    const server = await serveTls(false)
    const refusal = await refusalOf(`https://127.0.0.1:${server.port}/`)
    expect(refusal).toEqual(['unreachable', 'its server has no certificate that is trusted'])
    await server.allClosed()
  })
})

/** Where a fetch can hang; `started` resolves when it does. */
const HANGS: Readonly<
  Record<string, () => Promise<{ url: string; lookup?: Lookup; started: Promise<unknown>; allClosed: () => Promise<void> }>>
> = {
  'its name is looked up': () => {
    const { promise: started, resolve } = Promise.withResolvers<void>()
    const lookup = () => {
      resolve()
      return new Promise<never>(() => {})
    }
    return Promise.resolve({ url: 'http://pictures.test/', lookup, started, allClosed: () => Promise.resolve() })
  },
  'its server doesn’t end the TLS handshake': async () => {
    const { promise: started, resolve } = Promise.withResolvers<void>()
    const { port, allClosed } = await track(createTcpServer((socket) => socket.on('data', () => resolve())))
    return { url: `https://127.0.0.1:${port}/`, started, allClosed }
  },
  'its server doesn’t answer': async () => {
    const { promise: started, resolve } = Promise.withResolvers<void>()
    const { port, allClosed } = await serve(() => resolve())
    return { url: `http://127.0.0.1:${port}/`, started, allClosed }
  },
  'its body stalls': async () => {
    const { promise: started, resolve } = Promise.withResolvers<void>()
    const { port, allClosed } = await serve((_request, response) => response.write(PNG, () => resolve()))
    return { url: `http://127.0.0.1:${port}/`, started, allClosed }
  },
  'its body stalls after a redirect': async () => {
    const { promise: started, resolve } = Promise.withResolvers<void>()
    const { port, allClosed } = await serve(({ url }, response) =>
      url === '/' ? response.writeHead(302, { location: '/a' }).end() : response.write(PNG, () => resolve()),
    )
    return { url: `http://127.0.0.1:${port}/`, started, allClosed }
  },
}

describe.each(Object.entries(HANGS))('while %s', (_name, hang) => {
  it('the deadline ends it', async () => {
    const { url, lookup, allClosed } = await hang()
    const refusal = await refusalOf(url, { timeoutMs: 50, ...(lookup === undefined ? {} : { lookup }) })
    expect(refusal).toEqual(['too-slow', 'it did not come in time'])
    await allClosed()
  })

  it('the signal ends it, with its reason', async () => {
    const { url, lookup, started, allClosed } = await hang()
    const leaving = new AbortController()
    const reason = new Error('the client left')
    const picture = fetchPicture(url, lookup === undefined ? {} : { lookup }, leaving.signal)
    await Promise.all([started.then(() => leaving.abort(reason)), expect(picture).rejects.toBe(reason)])
    expect(getEventListeners(leaving.signal, 'abort')).toEqual([])
    await allClosed()
  })
})

describe('a signal', () => {
  const reason = new Error('the client left')

  it('that was aborted before is heeded before anything is asked', async () => {
    const { lookup, asked } = resolver(['127.0.0.1'])
    await expect(fetchPicture('http://pictures.test/', { lookup }, AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(asked).toEqual([])
  })

  it('that is aborted as the name’s addresses come lets no connection be made', async () => {
    const server = await servePng()
    const leaving = new AbortController()
    const lookup: Lookup = async () => {
      queueMicrotask(() => queueMicrotask(() => leaving.abort(reason)))
      return [{ address: '127.0.0.1', family: 4 }]
    }
    await expect(fetchPicture(`http://pictures.test:${server.port}/`, { lookup }, leaving.signal)).rejects.toBe(reason)
    expect(await server.made()).toBe(0)
  })
})
