import { codecOf } from '../adapters/codecs/codec-of.ts'
import type { AdapterDefinition } from '../adapters/definition.ts'
import { readUpstreamError } from '../errors/upstream-error-body.ts'
import { answeredTo, type Answer, type Answered } from './answer.ts'

export interface Authentication {
  /** `not-needed`: it answers without a key. `unknown`: nothing that was asked depends on a key. */
  readonly verdict: 'accepted' | 'refused' | 'not-needed' | 'unknown'
  /** Of the refusal. */
  readonly status?: number
  readonly keyGiven: boolean
}

/** Refused for its key, by whatever status the server says that: to Google it is a 400, which says in its body what it means. */
export function isDenied(adapter: AdapterDefinition, { status, text }: Answered): boolean {
  const meant = adapter.statusAs[String(status)] ?? status
  return meant === 401 || meant === 403 || (meant === 400 && errorCode(adapter, { status, text }) === 'invalid_api_key')
}

function errorCode({ wire }: AdapterDefinition, { status, text }: Pick<Answered, 'status' | 'text'>): string | undefined {
  const decode = codecOf(wire)?.decodeError ?? readUpstreamError
  return decode(status, Buffer.from(text)).code
}

/** It was looked at beyond the question of who asks: an answer, or a complaint about the body. */
export function isPassed(adapter: AdapterDefinition, answer: Answered): boolean {
  if (isDenied(adapter, answer)) return false
  return answer.status < 300 || [400, 413, 415, 422].includes(answer.status)
}

export interface Asked {
  readonly adapter: AdapterDefinition
  readonly keyGiven: boolean
  readonly answers: readonly Answer[]
}

/**
 * A key is accepted where the same question is refused without it. Some servers list their models for everyone, and some
 * complain about a body before they look at the key, so that neither proves anything by itself; a refusal always does.
 */
export function authenticationOf({ adapter, keyGiven, answers }: Asked): Authentication {
  const withKey = answers
    .filter(({ question }) => question.credential)
    .flatMap(({ outcome }) => (outcome.kind === 'answered' ? [outcome] : []))
  const alone = answers.flatMap(({ question, outcome }) => {
    if (question.credential || outcome.kind !== 'answered') return []
    const twin = answeredTo(answers, { ...question, credential: true })
    return twin === undefined || !isPassed(adapter, twin) ? [] : [outcome]
  })
  if (keyGiven && alone.some((answer) => isDenied(adapter, answer))) return { verdict: 'accepted', keyGiven }
  const denied = withKey.find((answer) => isDenied(adapter, answer))
  if (denied !== undefined) return { verdict: 'refused', status: denied.status, keyGiven }
  // A cloud that shows its list to everyone wants a key for the rest all the same.
  const open = (keyGiven ? alone : withKey).some(({ status }) => status < 300)
  return { verdict: open && adapter.url === undefined ? 'not-needed' : 'unknown', keyGiven }
}
