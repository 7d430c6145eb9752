import { connect, type AddressInfo } from 'node:net'
import { createServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import { makeCertificate } from './certificate.ts'

export interface TlsFront {
  /** `https://127.0.0.1:port`. */
  readonly url: string
  /** PEM, to be trusted. */
  readonly certificate: string
}

/** TLS before a plain server, as a proxy would do it; closed when the test ends. */
export async function startTlsFront(target: string): Promise<TlsFront> {
  const { key, certificate } = makeCertificate()
  const { hostname, port: targetPort } = new URL(target)
  const server = createServer({ key, cert: certificate }, (socket) => {
    const behind = connect(Number(targetPort), hostname)
    for (const [from, to] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { url: `https://127.0.0.1:${port}`, certificate }
}
