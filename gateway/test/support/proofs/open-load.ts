import { setTimeout as delay } from 'node:timers/promises'

export interface Sent {
  readonly number: number
  /** A word. */
  readonly outcome: string
}

export interface OpenLoad {
  /** What has an outcome by now. */
  readonly ended: readonly Sent[]
  /** Sends no more; resolves when all have their outcome. */
  stop(): Promise<readonly Sent[]>
}

const TICK_MS = 5

/** So many requests a second, whatever becomes of those before: as from many clients that know nothing of each other. */
export function startLoad(perSecond: number, send: (number: number) => Promise<string>): OpenLoad {
  const open = new Set<Promise<void>>()
  const ended: Sent[] = []
  const startedAt = performance.now()
  const stopping = new AbortController()
  let sent = 0
  const follow = async (number: number) => {
    ended.push({ number, outcome: await send(number) })
  }
  const tick = () => {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond
    for (; sent < due; sent += 1) {
      const ending = follow(sent)
      open.add(ending)
      void ending.finally(() => open.delete(ending))
    }
  }
  const ticking = (async () => {
    while (!stopping.signal.aborted) {
      tick()
      await delay(TICK_MS)
    }
  })()
  return {
    ended,
    async stop() {
      stopping.abort()
      await ticking
      await Promise.all(open)
      return ended
    },
  }
}
