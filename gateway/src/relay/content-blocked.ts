import type { ContentSide } from '@jairouter/contract/content-rules'
import type { ContentRule } from '../content/rule.ts'
import { GatewayError } from '../errors/gateway-error.ts'

export function isBlocked(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'content_blocked'
}

export function notForSessions(model: string): GatewayError {
  return new GatewayError('invalid_request', `Content rules hold for the model "${model}", and sessions cannot keep them`, {
    param: 'model',
  })
}

/** Names the rule, and never what it found. */
export function blockedBy({ name }: ContentRule, side: ContentSide): GatewayError {
  return new GatewayError('content_blocked', `The ${side} was blocked by the content rule "${name}"`)
}
