import type { Route } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { failureOf, type Failure } from './failure.ts'
import type { NoPlan } from './plan.ts'
import { RETRY_AFTER_SECONDS } from './resolve.ts'

export function noSuchEndpoint(call: Call, route: Route): GatewayError {
  return new GatewayError('invalid_request', `No model server of "${route.model}" offers ${call.endpoint.paths[0] ?? call.endpoint.id}`, {
    param: 'model',
  })
}

/** What a client reads when there is no instance to ask, with the time from which it is worth to come back. */
export function nobody(plan: NoPlan, { model }: Route, now: number): Failure {
  return { ...failureOf(noInstance(plan, model, now)), outcome: plan.kind }
}

function noInstance(plan: NoPlan, model: string, now: number): GatewayError {
  switch (plan.kind) {
    case 'busy':
      return new GatewayError('overloaded', `Every instance of "${model}" is at its concurrency limit`, { retryAfterSeconds: 1 })
    case 'paused':
      return new GatewayError('rate_limit_exceeded', `Every instance of "${model}" is rate limited by its provider`, {
        retryAfterSeconds: secondsUntil(plan.until, now),
      })
    case 'limited':
      return new GatewayError('rate_limit_exceeded', `Every instance of "${model}" is at its own limit`, {
        retryAfterSeconds: secondsUntil(plan.until, now),
      })
    case 'open':
      return new GatewayError('circuit_open', `Every instance of "${model}" has failed too often and is left alone for a while`, {
        retryAfterSeconds: secondsUntil(plan.until, now),
      })
    case 'down':
    case 'exhausted':
      return new GatewayError('no_healthy_instance', `No instance of "${model}" can serve at the moment`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
  }
}

function secondsUntil(until: number, now: number): number {
  return Math.max(1, Math.ceil((until - now) / 1_000))
}
