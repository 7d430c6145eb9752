import { timingSafeEqual } from 'node:crypto'
import { AccountProblem } from './account-problem.ts'
import { formatPasswordHash, HASH_COST, HASH_LENGTH, isOutdated, parsePasswordHash, SALT_LENGTH, type HashCost } from './password-hash.ts'
import { normalPassword } from './password-rule.ts'
import type { RandomBytes } from './random.ts'

/** argon2id; the result has HASH_LENGTH bytes or `length`. */
export type Derive = (password: string, salt: Uint8Array, cost: HashCost, length: number) => Promise<Uint8Array>

export interface PasswordHasherOptions {
  readonly derive: Derive
  readonly random: RandomBytes
  /** Default HASH_COST. */
  readonly cost?: HashCost
}

export interface PasswordHasher {
  /** Throws too_many_tries when too many wait already. */
  hash(password: string): Promise<string>
  /**
   * Undefined, or what is no hash, costs the same as a wrong password does. `outdated`: it should be hashed again.
   * Throws too_many_tries when too many wait already.
   */
  verify(password: string, hash: string | undefined): Promise<{ readonly ok: boolean; readonly outdated: boolean }>
}

/** Each takes a thread of Node's four and 19 MiB. */
const AT_A_TIME = 2
/** Some two seconds of work. */
const MAXIMUM_WAITING = 64

export function createPasswordHasher({ derive, random, cost = HASH_COST }: PasswordHasherOptions): PasswordHasher {
  const inTurn = createTurns(AT_A_TIME, MAXIMUM_WAITING)
  const nobodys = { cost, salt: random(SALT_LENGTH), hash: random(HASH_LENGTH) }
  return {
    async hash(password) {
      const salt = random(SALT_LENGTH)
      const hash = await inTurn(() => derive(normalPassword(password), salt, cost, HASH_LENGTH))
      return formatPasswordHash({ cost, salt, hash })
    },
    async verify(password, text) {
      const known = text === undefined ? undefined : parsePasswordHash(text)
      const compared = known ?? nobodys
      const given = await inTurn(() => derive(normalPassword(password), compared.salt, compared.cost, compared.hash.length))
      const ok = timingSafeEqual(given, compared.hash) && known !== undefined
      return { ok, outdated: ok && isOutdated(compared, cost) }
    },
  }
}

type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

function createTurns(atATime: number, mayWait: number): InTurn {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= atATime) {
      if (waiting.length >= mayWait) throw new AccountProblem('too_many_tries', 'Too many passwords are being checked', { retryAfter: 2 })
      // Who ends hands its place on, so `running` stays as it is.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
