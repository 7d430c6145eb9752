import type { Write } from '../../store/port.ts'
import { auditWrite } from '../audit/audit-entry.ts'

const MINUTE_MS = 60_000

/** Addresses that are counted apart in a minute; those beyond are counted together. */
const MAXIMUM_ADDRESSES = 500
const OTHERS = 'others'

interface Failures {
  readonly minute: number
  /** Not yet written. */
  readonly count: number
}

/**
 * What the audit says of failed sign-ins: the first from an address in a minute at once, the others as one number when
 * the minute is over. So nobody fills the store by guessing. Names are left out where they are nobody's: people type
 * their password there.
 */
export class FailedSignIns {
  readonly #byAddress = new Map<string, Failures>()

  /** The writes that are due. `user`: whose name it was, if anybody's. */
  note(address: string, user: string | undefined, time: number): Write[] {
    const minute = Math.floor(time / MINUTE_MS)
    const due = this.due(time)
    const key = this.#byAddress.has(address) || this.#byAddress.size < MAXIMUM_ADDRESSES ? address : OTHERS
    const known = this.#byAddress.get(key)
    this.#byAddress.set(key, { minute, count: known === undefined ? 0 : known.count + 1 })
    return known === undefined ? [...due, failure(key, 1, time, user)] : due
  }

  /** Of minutes that are over. */
  due(time: number): Write[] {
    const minute = Math.floor(time / MINUTE_MS)
    return [...this.#byAddress].flatMap(([address, failures]) => {
      if (failures.minute >= minute) return []
      this.#byAddress.delete(address)
      return failures.count === 0 ? [] : [failure(address, failures.count, time, undefined)]
    })
  }
}

function failure(address: string, count: number, time: number, user: string | undefined): Write {
  const known = address === OTHERS ? {} : { address }
  return auditWrite(
    { actor: { kind: 'system' }, ...known },
    {
      action: 'session.login',
      result: 'refused',
      code: 'sign_in_failed',
      ...(user === undefined ? {} : { target: `users/${user}` }),
      message: count === 1 ? 'A sign-in failed' : `${count} more sign-ins failed within a minute`,
      time,
    },
  )
}
