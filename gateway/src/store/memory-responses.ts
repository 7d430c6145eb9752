import type { KeptResponse, ResponseStore } from '../dialects/responses/response-store.ts'

export interface MemoryResponsesOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** As they are at the time. `ttlMs` 0: nothing is kept. */
  readonly bounds: () => { readonly ttlMs: number; readonly maximumBytes: number }
}

interface Entry {
  /** JSON: nobody can change it, and its size is known. */
  readonly text: string
  readonly expiresAt: number
}

/** The engine keeps a character in one byte or two. */
const CHARACTER_BYTES = 2

/** Responses in this process alone: gone with it, and unknown to other replicas. The oldest go first where there are too many. */
export class MemoryResponses implements ResponseStore {
  readonly #options: MemoryResponsesOptions
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  constructor(options: MemoryResponsesOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#bytes
  }

  get(tenant: string, id: string): Promise<KeptResponse | undefined> {
    const key = keyOf(tenant, id)
    const entry = this.#entries.get(key)
    if (entry === undefined) return Promise.resolve(undefined)
    if (entry.expiresAt > this.#options.now()) return Promise.resolve(JSON.parse(entry.text) as KeptResponse)
    this.#drop(key)
    return Promise.resolve(undefined)
  }

  put(tenant: string, id: string, kept: KeptResponse): Promise<void> {
    const { ttlMs, maximumBytes } = this.#options.bounds()
    const key = keyOf(tenant, id)
    this.#drop(key)
    if (ttlMs > 0) {
      const text = JSON.stringify(kept)
      this.#entries.set(key, { text, expiresAt: this.#options.now() + ttlMs })
      this.#bytes += text.length * CHARACTER_BYTES
    }
    this.#trim(maximumBytes)
    return Promise.resolve()
  }

  delete(tenant: string, id: string): Promise<boolean> {
    const key = keyOf(tenant, id)
    const entry = this.#entries.get(key)
    this.#drop(key)
    return Promise.resolve(entry !== undefined && entry.expiresAt > this.#options.now())
  }

  #trim(maximumBytes: number): void {
    const now = this.#options.now()
    for (const [key, { expiresAt }] of this.#entries) {
      if (this.#bytes <= maximumBytes && expiresAt > now) return
      this.#drop(key)
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.text.length * CHARACTER_BYTES
  }
}

function keyOf(tenant: string, id: string): string {
  return `${id} ${tenant}`
}
