import { isObject, type JsonObject } from '../../../lib/json.ts'

/** Anthropic answers 400 to an id that looks like a person's mail address or telephone number. */
const PERSONAL = /^(?:[^\s@]+@[^\s@]+|\+?[\d\s().-]{7,})$/

/**
 * Who asks, and how urgently: `user` (or its successor `safety_identifier`, or a `user_id` in `metadata`) as
 * `metadata.user_id`, unless it looks personal; `service_tier`. Tiers without an equal (`flex`) are left out.
 */
export function encodeAccount(fields: JsonObject): JsonObject {
  const metadata = isObject(fields['metadata']) ? fields['metadata'] : {}
  const user = [fields['user'], fields['safety_identifier'], metadata['user_id']].find((value) => typeof value === 'string' && value !== '')
  const tier = TIERS.get(fields['service_tier'])
  return {
    ...(typeof user === 'string' && !PERSONAL.test(user) ? { metadata: { user_id: user } } : {}),
    ...(tier === undefined ? {} : { service_tier: tier }),
  }
}

const TIERS: ReadonlyMap<unknown, string> = new Map([
  ['auto', 'auto'],
  ['priority', 'auto'],
  ['default', 'standard_only'],
  ['standard_only', 'standard_only'],
])
