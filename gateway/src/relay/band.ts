import { BANDS, type Band } from '@jairouter/contract/names'
import type { KeyRecord } from '../config/snapshot.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { ClientPort } from './client-port.ts'

const PRIORITY_HEADER = 'x-jairouter-priority'
const USUAL: Band = 'default'

/** The key's priority, or a lower one that the request asks for. Throws 400 for one that does not exist. */
export function bandOf(key: KeyRecord | undefined, headers: ClientPort['headers']): Band {
  const own = key?.priority ?? USUAL
  const asked = headers[PRIORITY_HEADER]
  if (asked === undefined) return own
  const band = BANDS.find((name) => name === asked)
  if (band === undefined) throw new GatewayError('invalid_request', `The header ${PRIORITY_HEADER} must be one of ${BANDS.join(', ')}`)
  return BANDS.indexOf(band) > BANDS.indexOf(own) ? band : own
}
