import type { BreakerSettings } from '../breaker/breaker.ts'
import type { Policy } from '../config/snapshot.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { Heard, Mode } from './heard.ts'
import type { Sample } from './read-samples.ts'

/** A call that a simulated server has seen. */
export interface Call {
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** The gateway went away before the answer, or the fault, was complete. */
  readonly wasGivenUp: boolean
}

/** What the gateway has recorded of a request, as far as it is judged. */
export type Account = Pick<RequestRecord, 'attempts' | 'usage'>

/** What was to be judged on when a scenario was over. All times are those of the scenario, `speed` times faster than real. */
export interface Observation {
  readonly mode: Mode
  readonly speed: number
  /** In real time. */
  readonly policy: Policy
  /** Of the ill server, shortened as the run is. */
  readonly breaker: BreakerSettings
  /** Those of the examined model, in number. */
  readonly instances: number
  /** In the order of the requests, each with the whole answer that it should have had. */
  readonly answers: readonly { readonly heard: Heard; readonly expected: string }[]
  /** In the same order. */
  readonly records: readonly Account[]
  /** Id of the ill server; undefined where all of the model are, or nobody was asked. */
  readonly ill: string | undefined
  /** Calls by server: those that are ill, other ones of the model, those of fallback models. */
  readonly calls: { readonly ill: readonly Call[]; readonly rest: readonly Call[]; readonly spare: readonly Call[] }
  readonly samples: readonly Sample[]
  /** While the ill server was ill; `to` is Infinity where it stayed so. Epoch milliseconds. */
  readonly illness: { readonly from: number; readonly to: number }
}

/** What is found when everything should be back to where it was. */
export interface Leftovers {
  /** Requests that were answered and never settled. */
  readonly unsettled: number
  readonly leases: number
  /** Gauges that are not back at 0, in words. */
  readonly open: readonly string[]
  /** Calls that a server still holds, in number. */
  readonly calls: number
  /** Connections to servers after the gateway has stopped. */
  readonly sockets: number
  /** A further request, with all servers well. */
  readonly after: Heard
}
