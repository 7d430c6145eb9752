import { createServer } from 'node:net'

/** Below what systems give to outgoing connections: one of those could otherwise take the port before its program does. */
const LOWEST = 20_000
const HIGHEST = 32_000
const TRIES = 50

/** A port that was free a moment ago, for programs that cannot say which one they were given. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (await isFree(port)) return port
  }
  throw new Error(`no free port from ${LOWEST} to ${HIGHEST}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
