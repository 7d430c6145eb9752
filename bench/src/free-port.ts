import { createServer, type AddressInfo } from 'node:net'

/** A port that was free a moment ago, for programs that cannot say which one they were given. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
