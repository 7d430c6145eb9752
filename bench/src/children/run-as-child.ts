import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens on a free port, says which on stdout, and ends when the parent's end of stdin is gone: nothing outlives a killed bench. */
export function runAsChild(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    process.stdout.write(`${JSON.stringify({ port })}\n`)
  })
  process.stdin.resume()
  process.stdin.once('close', () => process.exit(0))
  process.once('SIGTERM', () => process.exit(0))
}
