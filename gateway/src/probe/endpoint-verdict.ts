import type { EndpointId } from '@jairouter/contract/names'
import type { Answer } from './answer.ts'

export interface EndpointReport {
  readonly endpoint: EndpointId
  /** Absent where the adapter has none for the model's name. */
  readonly path?: string
  readonly verdict: 'present' | 'absent' | 'unknown'
  /** Of the answer. */
  readonly status?: number
  /** Why nothing can be told. */
  readonly reason?: string
}

type Verdict = Pick<EndpointReport, 'verdict' | 'status' | 'reason'>

/**
 * What the answer to a body that is no JSON says of an endpoint: a server that has it complains of the body, one that has
 * not says so. 501: there, but not switched on. `ofModel`: the path holds a model's name.
 */
export function endpointVerdict(outcome: Answer['outcome'], ofModel: boolean): Verdict {
  if (outcome.kind === 'failed') return { verdict: 'unknown', reason: outcome.reason }
  const { status } = outcome
  if ([400, 413, 415, 422].includes(status)) return { verdict: 'present', status }
  if (status === 404 && ofModel) return { verdict: 'unknown', status, reason: 'it or its model is not there' }
  if (status === 404 || status === 405 || status === 501) return { verdict: 'absent', status }
  return { verdict: 'unknown', status, ...(status >= 300 && status < 400 ? { reason: 'a redirect, not followed' } : {}) }
}
