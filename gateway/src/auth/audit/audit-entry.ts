import type { Body, Write } from '../../store/port.ts'
import { actorName, type Actor } from '../actor.ts'

export const AUDIT_LOG = 'audit'

/** Where an action came from, as far as that is known. */
export interface Origin {
  readonly actor: Actor
  /** The client's address. */
  readonly address?: string
  readonly requestId?: string
}

export interface AuditAction {
  /** Noun and verb: `backend.update`, `key.revoke`, `session.login`. */
  readonly action: string
  /** What it was done to: `backends/gpu-1`. */
  readonly target?: string
  readonly result: 'ok' | 'refused' | 'failed'
  /** Of a refusal: a code of the table of problems. */
  readonly code?: string
  readonly message?: string
  /** Without secrets: whoever calls this has masked them. */
  readonly before?: unknown
  readonly after?: unknown
  /** Epoch milliseconds. */
  readonly time: number
}

/** The write that records an action; to be committed together with what the action changes. */
export function auditWrite({ actor, address, requestId }: Origin, { time, ...action }: AuditAction): Write {
  const who = actor.kind === 'user' ? { kind: actor.kind, id: actor.id, name: actor.name, role: actor.role } : { kind: actor.kind }
  const body: Body = { actor: who, by: actorName(actor), ...defined({ address, requestId }), ...defined(action) }
  return { kind: 'append', log: AUDIT_LOG, time, body }
}

function defined(fields: Readonly<Record<string, unknown>>): Body {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
