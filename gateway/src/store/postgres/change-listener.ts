import { Client, type ClientConfig } from 'pg'
import { CHANNEL } from '../sql/kysely-rows.ts'
import type { StoreLog } from '../store-log.ts'

/** Between two tries to connect. */
const RECONNECT_MS = 500
/** A connection that died without a word is noticed after this; notifications alone would never tell. */
const ALIVE_EVERY_MS = 10_000

export interface ChangeListenerOptions {
  readonly connection: ClientConfig
  /** Of this process: its own commits are no news. */
  readonly instance: string
  readonly log: StoreLog
}

/** Hears of the commits of other replicas. While it could not listen, anything may have happened: then it calls once when it can again. */
export class ChangeListener {
  readonly #options: ChangeListenerOptions
  readonly #listeners = new Set<() => void>()
  #client: Client | undefined
  #timer: NodeJS.Timeout | undefined
  #heard = false
  #stopped = false

  constructor(options: ChangeListenerOptions) {
    this.#options = options
  }

  onChange(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    if (this.#client === undefined && this.#timer === undefined && !this.#stopped) void this.#connect()
    return () => void this.#listeners.delete(own)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => undefined)
  }

  async #connect(): Promise<void> {
    const client = new Client({ ...this.#options.connection, keepAlive: true })
    this.#client = client
    client.on('error', () => this.#lost(client))
    client.on('end', () => this.#lost(client))
    client.on('notification', ({ payload = '' }) => {
      if (!payload.endsWith(` ${this.#options.instance}`)) this.#tell()
    })
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      if (this.#client !== client) return
      // Also the first time: whoever asked to be told may have read before we listened.
      this.#tell()
      this.#heard = true
      this.#timer = setTimeout(() => void this.#ask(client), ALIVE_EVERY_MS).unref()
    } catch {
      this.#lost(client)
    }
  }

  async #ask(client: Client): Promise<void> {
    try {
      await client.query('select 1')
      if (this.#client === client) this.#timer = setTimeout(() => void this.#ask(client), ALIVE_EVERY_MS).unref()
    } catch {
      this.#lost(client)
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client || this.#stopped) return
    this.#client = undefined
    // What was missed is told once it listens again.
    if (!this.#heard) this.#heard = true
    else this.#options.log.warn({}, 'the connection that tells of changes in the store was lost; connecting again')
    client.end().catch(() => undefined)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#connect(), RECONNECT_MS).unref()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
