import { isErrorBody, readUpstreamError, type UpstreamErrorBody } from '../../../errors/upstream-error-body.ts'
import { CodecFailure } from '../codec.ts'

/** Reads the body of an error; a codec's own reader, where errors have a form of their own. */
export type ReadError = (status: number, body: Buffer) => UpstreamErrorBody

/** The error that stands where an answer, or a piece of one, should. */
export function errorInside(json: unknown, read: ReadError = readUpstreamError): UpstreamErrorBody {
  return read(200, Buffer.from(JSON.stringify(json)))
}

/** Throws a CodecFailure for an answer that is an error. */
export function refuseErrorBody(answer: unknown): void {
  if (isErrorBody(answer)) throw new CodecFailure(errorInside(answer))
}
