import { readUpstreamError, type UpstreamErrorBody } from '../../../errors/upstream-error-body.ts'

/** Anthropic tells failures apart by `type` and has no `code`: clients of OpenAI's form look at both. */
export function decodeError(status: number, body: Buffer): UpstreamErrorBody {
  const error = readUpstreamError(status, body)
  // A body whose `error` is no object has the frame's own type.
  const type = error.type === 'error' ? undefined : error.type
  return { ...error, type, code: error.code ?? type }
}
