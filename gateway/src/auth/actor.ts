import type { Role } from '@jairouter/contract/management/roles'

/** Who does something to the gateway. */
export type Actor =
  | {
      readonly kind: 'user'
      readonly id: string
      readonly name: string
      readonly role: Role
      readonly sessionId: string
      /** May do nothing but that before. */
      readonly mustChangePassword?: true
    }
  /** Who has the machine: the config file on disk, the command line, the gateway itself (a revert that nobody confirmed, say). */
  | { readonly kind: 'file' | 'cli' | 'system' }

/** For version lists and the audit. */
export function actorName(actor: Actor): string {
  return actor.kind === 'user' ? actor.name : actor.kind
}
