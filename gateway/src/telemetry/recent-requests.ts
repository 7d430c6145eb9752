import type { EndpointId } from '@jairouter/contract/names'
import { numberAt } from '../lib/number-at.ts'
import type { RequestRecord } from './request-record.ts'

/** So many of the last requests are known. */
const MOST_RECENT = 10_000
const FIRST_ROOM = 256

/** What of a request a plan goes by. */
export interface RecentRequest {
  readonly id: string
  readonly endpoint: EndpointId
  readonly model: string
  /** Name of the API key. */
  readonly key: string | undefined
  readonly address: string
  /** The instance that answered; undefined where none did. */
  readonly instance: string | undefined
  readonly tokens: number
  /** Monotonic milliseconds. */
  readonly at: number
}

/**
 * The last requests whose model is known, in columns: what is kept of a request are a few numbers and references to
 * texts that are there already, and to add one allocates nothing.
 */
export class RecentRequests {
  readonly #maximum: number
  readonly #ids: string[] = []
  readonly #endpoints: EndpointId[] = []
  readonly #models: string[] = []
  readonly #keys: (string | undefined)[] = []
  readonly #addresses: string[] = []
  readonly #instances: (string | undefined)[] = []
  #numbers = new Float64Array(2 * FIRST_ROOM)
  #next = 0
  #count = 0

  constructor(maximum = MOST_RECENT) {
    this.#maximum = maximum
  }

  get size(): number {
    return this.#count
  }

  add(record: RequestRecord): void {
    const { model, attempts, usage } = record
    if (model === undefined) return
    const place = this.#next
    const last = attempts.length === 0 ? undefined : attempts[attempts.length - 1]
    this.#ids[place] = record.id
    this.#endpoints[place] = record.endpoint
    this.#models[place] = model
    this.#keys[place] = record.principal
    this.#addresses[place] = record.address
    this.#instances[place] = last?.outcome === 'ok' ? last.instance : undefined
    if (2 * place >= this.#numbers.length) this.#grow()
    this.#numbers[2 * place] = record.startedAt
    this.#numbers[2 * place + 1] = usage?.totalTokens ?? 0
    this.#next = (place + 1) % this.#maximum
    this.#count = Math.min(this.#maximum, this.#count + 1)
  }

  /** Oldest first. */
  *all(): Iterable<RecentRequest> {
    const from = this.#count < this.#maximum ? 0 : this.#next
    for (let index = 0; index < this.#count; index += 1) yield this.#at((from + index) % this.#maximum)
  }

  #at(place: number): RecentRequest {
    return {
      id: this.#ids[place] ?? '',
      endpoint: this.#endpoints[place] ?? 'chat',
      model: this.#models[place] ?? '',
      key: this.#keys[place],
      address: this.#addresses[place] ?? '',
      instance: this.#instances[place],
      at: numberAt(this.#numbers, 2 * place),
      tokens: numberAt(this.#numbers, 2 * place + 1),
    }
  }

  #grow(): void {
    const larger = new Float64Array(Math.min(2 * this.#maximum, 4 * this.#numbers.length))
    larger.set(this.#numbers)
    this.#numbers = larger
  }
}
