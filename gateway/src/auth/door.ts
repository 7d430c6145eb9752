import type { AuthSettings, Blocks, KeyRecord, Snapshot } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { isInTable } from '../lib/address-table.ts'
import { accepted, authenticate, credentialOf, type CredentialHeaders } from './authenticate.ts'
import { askerWith, isBlocked } from './blocks/is-blocked.ts'
import { FailedTries } from './failures/failed-tries.ts'
import { keyIdOf } from '../config/key-id.ts'
import { isMistypedKey } from './keys/key-text.ts'
import { KeyUses } from './keys/key-uses.ts'

export interface Caller {
  readonly headers: CredentialHeaders
  /** The client's, trusted proxies seen through. */
  readonly address: string
}

/** People, who use models with the tokens of their sessions. */
export interface UserTokens {
  /** Cheap: whether a credential could be such a token. */
  looksLikeToken(credential: string): boolean
  /** Undefined: it is none of ours, good no more, or its user may not use models. Rejects where that can't be known. */
  authenticate(token: string): Promise<KeyRecord | undefined>
}

export interface DoorOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  readonly uses?: KeyUses | undefined
  readonly users?: UserTokens | undefined
}

/** Whom the model APIs let in: nobody who is blocked, and who comes with a key that is right, and may come from there. */
export class Door {
  readonly uses: KeyUses
  readonly #options: DoorOptions
  readonly #tries = new FailedTries()

  constructor(options: DoorOptions) {
    this.#options = options
    this.uses = options.uses ?? new KeyUses()
  }

  /**
   * The caller's key, or undefined where access is open; a promise of it for the token of a person alone. Throws, or
   * rejects with, 403 for who is blocked, before anything else is looked at; 401, 403, 429.
   */
  letIn(caller: Caller, snapshot: Pick<Snapshot, 'auth' | 'blocks'>): KeyRecord | undefined | Promise<KeyRecord> {
    this.refuseBlocked(caller.address, snapshot.blocks)
    const { users } = this.#options
    const token = users === undefined || snapshot.auth.mode === 'open' ? undefined : credentialOf(caller.headers)
    if (users !== undefined && token !== undefined && users.looksLikeToken(token))
      return this.#letUserIn(token, { caller, users, snapshot })
    const key = this.#authenticate(caller, snapshot.auth, this.#options.wallClock())
    return key === undefined ? undefined : this.#checked(key, caller, snapshot)
  }

  /** What `letIn` would say to who comes with this key, or with one that is nobody's. Counts nothing. Throws as it does. */
  wouldLetIn(key: KeyRecord | undefined, address: string, snapshot: Pick<Snapshot, 'auth' | 'blocks'>): KeyRecord {
    const { limit } = snapshot.auth.failures
    const waitMs = this.#tries.waitOf(address, limit, this.#options.now())
    if (waitMs > 0 && (key === undefined || this.#isHeldOff(key, address))) throw tooManyTries(waitMs)
    return this.#checked(accepted(key, this.#options.wallClock()), { address }, snapshot)
  }

  async #letUserIn(
    token: string,
    { caller, users, snapshot }: { caller: Caller; users: UserTokens; snapshot: Pick<Snapshot, 'auth' | 'blocks'> },
  ): Promise<KeyRecord> {
    return this.#checked(accepted(await users.authenticate(token), this.#options.wallClock()), caller, snapshot)
  }

  #checked(key: KeyRecord, { address }: Pick<Caller, 'address'>, { blocks }: Pick<Snapshot, 'blocks'>): KeyRecord {
    const wallClock = this.#options.wallClock()
    if (blocks !== undefined && isBlocked(blocks, askerWith(key), wallClock)) throw blocked()
    if (key.addresses !== undefined && !isInTable(key.addresses, address, wallClock))
      throw new GatewayError('permission_denied', 'This API key may not be used from this address')
    return key
  }

  /** Throws 403; to be asked before anything costs. */
  refuseBlocked(address: string, blocks: Blocks | undefined): void {
    if (blocks !== undefined && isBlocked(blocks, { address }, this.#options.wallClock())) throw blocked()
  }

  /** A request was let in by this key. */
  used(keyId: string, address: string): void {
    this.uses.noted(keyId, { time: this.#options.wallClock(), address })
  }

  #authenticate({ headers, address }: Caller, auth: AuthSettings, wallClock: number): KeyRecord | undefined {
    const { limit, windowMs } = auth.failures
    const now = this.#options.now()
    const waitMs = this.#tries.waitOf(address, limit, now)
    let key: KeyRecord | undefined
    try {
      key = authenticate(headers, auth, wallClock)
    } catch (error) {
      const credential = credentialOf(headers)
      // Who sends no key guesses none, and one of ours with a wrong checksum is a slip of the pen.
      if (credential === undefined || isMistypedKey(credential)) throw error
      if (waitMs > 0) throw tooManyTries(waitMs)
      this.#tries.failed(address, windowMs, now)
      throw error
    }
    if (waitMs > 0 && key !== undefined && this.#isHeldOff(key, address)) throw tooManyTries(waitMs)
    return key
  }

  /**
   * A key of a config may be one that somebody could guess. It goes on where it was used before: who shares an address
   * with one that guesses is not locked out. One that we made can't be guessed.
   */
  #isHeldOff(key: KeyRecord, address: string): boolean {
    return key.source !== 'store' && !this.uses.knows(keyIdOf(key), address)
  }
}

function blocked(): GatewayError {
  return new GatewayError('blocked', 'Access was blocked by who runs this gateway')
}

function tooManyTries(waitMs: number): GatewayError {
  return new GatewayError('rate_limit_exceeded', 'There were too many requests with a wrong API key from this address', {
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
  })
}
