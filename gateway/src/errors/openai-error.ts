import { ERROR_TABLE, isErrorCode } from './error-table.ts'
import { GatewayError } from './gateway-error.ts'
import { RelayedError } from './relayed-error.ts'

/** Whatever a client can be answered with in place of what it asked for. */
export type ClientError = GatewayError | RelayedError

/** OpenAI's error body; its SDKs read these four keys and nothing else. */
export interface OpenAiError {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null }
}

/** The `error` of a body or an event in OpenAI's shape, as the gateway writes it. */
export function fromOpenAiError({ message, type, param, code }: Readonly<Record<string, unknown>>): ClientError {
  const text = typeof message === 'string' ? message : 'The answer broke off before its end'
  const options = typeof param === 'string' ? { param } : {}
  if (typeof code === 'string' && isErrorCode(code)) return new GatewayError(code, text, options)
  const said = { message: text, param: options.param, type: typeof type === 'string' ? type : undefined }
  return new RelayedError(ERROR_TABLE.upstream_error.status, { ...said, code: typeof code === 'string' ? code : undefined })
}

export function toOpenAiError(error: ClientError): OpenAiError {
  return { error: { message: error.message, type: error.type, param: error.param ?? null, code: error.code ?? null } }
}
