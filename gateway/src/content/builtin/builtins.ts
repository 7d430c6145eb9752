import type { Builtin } from '@jairouter/contract/content-rules'
import type { Matcher } from '../matcher.ts'
import { API_KEY } from './api-key.ts'
import { CARD } from './card.ts'
import { EMAIL } from './email.ts'
import { IBAN } from './iban.ts'
import { ID_NUMBER } from './id-number.ts'
import { IP_ADDRESS } from './ip-address.ts'
import { PHONE } from './phone.ts'

/** What comes with the gateway. */
export const BUILTINS: Readonly<Record<Builtin, Matcher>> = {
  email: EMAIL,
  phone: PHONE,
  'id-number': ID_NUMBER,
  card: CARD,
  'api-key': API_KEY,
  'ip-address': IP_ADDRESS,
  iban: IBAN,
}
