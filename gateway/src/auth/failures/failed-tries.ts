import { networkOf } from '../../lib/network.ts'
import { RecentMap } from '../../lib/recent-map.ts'

/** Networks that are remembered. */
const MOST_NETWORKS = 20_000

interface Tries {
  count: number
  /** Monotonic milliseconds. */
  endsAt: number
}

/** How often each client network has come with a wrong key: windows that begin at the first of them. */
export class FailedTries {
  readonly #networks = new RecentMap<Tries>(MOST_NETWORKS)

  /** Milliseconds until it may try again; 0: now. */
  waitOf(address: string, limit: number, now: number): number {
    if (limit === 0 || this.#networks.size === 0) return 0
    const tries = this.#networks.get(networkOf(address))
    return tries === undefined || tries.count < limit || tries.endsAt <= now ? 0 : tries.endsAt - now
  }

  failed(address: string, windowMs: number, now: number): void {
    const network = networkOf(address)
    const tries = this.#networks.get(network)
    if (tries === undefined || tries.endsAt <= now) this.#networks.set(network, { count: 1, endsAt: now + windowMs })
    else tries.count += 1
  }
}
