import type { GatewayError } from './gateway-error.ts'
import type { RelayedError } from './relayed-error.ts'

/** Whatever a client can be answered with in place of what it asked for. */
export type ClientError = GatewayError | RelayedError

/** OpenAI's error body; its SDKs read these four keys and nothing else. */
export interface OpenAiError {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null }
}

export function toOpenAiError(error: ClientError): OpenAiError {
  return { error: { message: error.message, type: error.type, param: error.param ?? null, code: error.code ?? null } }
}
