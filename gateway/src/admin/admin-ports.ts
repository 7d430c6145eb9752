import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Problem } from '@jairouter/contract/management/problem'
import type { Actor } from '../auth/actor.ts'
import type { Origin } from '../auth/audit/audit-entry.ts'
import type { AnyRoute } from './route.ts'

/** What is known of who asks before it is known who that is. */
export interface Caller {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** The client's, trusted proxies seen through. */
  readonly address: string
  readonly requestId: string
  /** It came by TLS: to us, or to a trusted proxy that says so. */
  readonly secure: boolean
}

/** A write that somebody who was signed in asked for, and did not get. */
export interface Refusal {
  readonly route: AnyRoute
  readonly params: Readonly<Record<string, string>>
  readonly origin: Origin
  readonly problem: Problem
}

/** What the management API needs of the gateway. */
export interface AdminPorts {
  /** Asked once, at the first request: an idle gateway does not hold them. */
  readonly routes: () => Promise<readonly AnyRoute[]>
  /** false: there is nothing here, as if it were not mounted. Default: always. */
  readonly isEnabled?: () => boolean
  /** Throws an AdminProblem for who is nobody: `not_signed_in`, `session_ended`, `key_not_accepted`, `too_many_tries`. */
  readonly authenticate: (caller: Caller) => Promise<Actor>
  /** Asked twice: by the address alone, before anything costs, and again when it is known who it is. */
  readonly isBlocked: (who: { readonly address: string; readonly actor?: Actor }) => boolean | Promise<boolean>
  /** `admin.hosts`: host names besides those of loopback and addresses. */
  readonly allowedHosts: () => readonly string[]
  /** `admin.bodyLimit`, in bytes. */
  readonly bodyLimit: () => number
  readonly addressOf: (request: IncomingMessage) => string
  /** Default: nothing comes by TLS. */
  readonly isSecure?: (request: IncomingMessage) => boolean
  /** Throws for who is known and may not go on, whatever the role. */
  readonly mayGoOn?: (actor: Actor, permission: AnyRoute['permission']) => void
  /** Called for each request; the controller ends it early. Gives what is to be called when it has ended, which may be called twice. */
  readonly started?: (cancel: AbortController) => () => void
  /** Of the gateway, for its description. */
  readonly version: string
  readonly log: (error: unknown, requestId: string) => void
  /** For the audit. What it throws is logged and changes no answer. */
  readonly onRefused?: (refusal: Refusal) => void | Promise<void>
}
