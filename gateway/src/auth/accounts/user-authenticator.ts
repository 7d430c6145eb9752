import { isAllowed } from '@jairouter/contract/management/roles'
import type { KeyRecord } from '../../config/snapshot.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { AccessTokens } from './access-token.ts'

/** How users are called where keys are: in logs, limits and budgets. No key can have such a name. */
const USER_KEY_PREFIX = 'user:'

/**
 * Access token -> the record that the model APIs know a key by; undefined for what is no token of ours, for one that is good
 * no more. Rejects with 403 where the user's role has no `models.use`, and with a StoreError where that can't be known.
 */
export function createUserAuthenticator(tokens: AccessTokens): (token: string) => Promise<KeyRecord | undefined> {
  return async (token) => {
    const live = await tokens.verify(token)
    if (live === 'foreign' || live === 'ended') return undefined
    const { session, user } = live
    const { id, name, role, team, mustChangePassword } = user.body
    if (mustChangePassword === true) return undefined
    if (!isAllowed(role, 'models.use')) throw new GatewayError('permission_denied', `The role "${role}" may not use models`)
    return {
      // Not by name: what a user has used up stays so under another one.
      id: `${USER_KEY_PREFIX}${id}`,
      name: `${USER_KEY_PREFIX}${name}`,
      owner: name,
      ownerId: id,
      sessionId: session.id,
      ...(team === undefined ? {} : { team }),
      role,
      limits: [],
      models: ['*'],
      priority: 'default',
      enabled: true,
    }
  }
}
