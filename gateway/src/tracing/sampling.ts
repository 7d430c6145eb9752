import type { TracingSettings } from '../config/snapshot.ts'
import type { Service } from '@jairouter/contract/names'
import { isSlow, type TimedRequest } from '../telemetry/slow.ts'

/** Bits of a trace id that are random in any case (W3C Trace Context 2, 3.2.2.3.1): the last 14 hex digits. */
const RANDOM_FROM = 18
const RANDOM_RANGE = 2 ** 56

export interface SampledRequest {
  readonly traceId: string
  /** What the client does with its own part; undefined where the trace begins here. */
  readonly parentSampled: boolean | undefined
  readonly service: Service
  readonly model: string | undefined
}

/** Whether a trace is kept as far as can be said at the begin: what its backends are told. */
export function isSampled(settings: TracingSettings, { traceId, parentSampled, service, model }: SampledRequest): boolean {
  if (settings.parent && parentSampled !== undefined) return parentSampled
  const ofModel = model === undefined ? undefined : settings.models.get(model)
  return isWithin(traceId, ofModel ?? settings.services[service] ?? settings.ratio)
}

/** By the id alone, so that all who see the trace decide alike; the larger numbers are in, as OpenTelemetry's collectors have it. */
function isWithin(traceId: string, share: number): boolean {
  return share >= 1 || Number.parseInt(traceId.slice(RANDOM_FROM), 16) >= (1 - share) * RANDOM_RANGE
}

export interface Outcome extends TimedRequest {
  readonly status: number
  readonly code: string | undefined
}

/** Kept whatever was said before. What a client asked wrongly is no error of the service. */
export function isAlwaysKept({ always }: TracingSettings, outcome: Outcome): boolean {
  const { status, code } = outcome
  if (always.slow && isSlow(outcome)) return true
  // A stream that broke off has gone out as 200.
  return always.errors && (status >= 500 || (status < 400 && code !== undefined))
}
