import { ERROR_TABLE, type ErrorCode } from './error-table.ts'

export interface GatewayErrorOptions {
  /** The request's field that is at fault. */
  readonly param?: string
  /** For `Retry-After`, in whole seconds. */
  readonly retryAfterSeconds?: number
  /** To go out with it, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** For the log only; never shown to a client. */
  readonly cause?: unknown
}

/** A failure whose message may be shown to the client: it must hold no address, path, key or prompt. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly param: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'GatewayError'
    this.code = code
    this.param = options.param
    this.retryAfterSeconds = options.retryAfterSeconds
    this.headers = options.headers
  }

  get status(): number {
    return ERROR_TABLE[this.code].status
  }

  get type(): string {
    return ERROR_TABLE[this.code].type
  }
}

/** Anything thrown -> a GatewayError; what is not ours becomes `internal_error` with a fixed text and stays as the cause. */
export function toGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError
    ? error
    : new GatewayError('internal_error', 'The gateway failed to handle this request', { cause: error })
}
