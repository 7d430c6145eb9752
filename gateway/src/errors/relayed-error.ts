import type { UpstreamErrorBody } from './upstream-error-body.ts'

/** A backend's own refusal of the client's request, passed on: its status and text in the caller's error shape. */
export class RelayedError extends Error {
  readonly status: number
  readonly type: string
  readonly param: string | undefined
  readonly code: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, body: UpstreamErrorBody, retryAfterSeconds?: number) {
    super(body.message)
    this.name = 'RelayedError'
    this.status = status
    this.type = body.type ?? (status === 429 ? 'rate_limit_error' : 'invalid_request_error')
    this.param = body.param
    this.code = body.code ?? defaultCode(status)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

function defaultCode(status: number): string | undefined {
  if (status === 404) return 'model_not_found'
  return status === 429 ? 'rate_limit_exceeded' : undefined
}
