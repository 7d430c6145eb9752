import { bytesReply, jsonReply, type Reply } from '../reply.ts'
import { FaultSyntaxError } from './fault-kind.ts'

export interface ErrorFacts {
  readonly status: number
  readonly message: string
  readonly type: string
  readonly code: string | null
}

/** How providers write an error (OpenAI, vLLM, SGLang, TEI, FastAPI, Cohere, Gemini, LocalAI, proxies). */
const SHAPES: Readonly<Record<string, (facts: ErrorFacts) => Reply>> = {
  nested: ({ status, message, type, code }) => jsonReply(status, { error: { message, type, param: null, code } }),
  number: ({ status, message, type }) => jsonReply(status, { error: { message, type, param: null, code: status } }),
  string: ({ status, message }) => jsonReply(status, { error: message }),
  typed: ({ status, message, type }) => jsonReply(status, { error: message, error_type: type }),
  flat: ({ status, message, type, code }) => jsonReply(status, { object: 'error', message, type, param: null, code }),
  detail: ({ status, message }) => jsonReply(status, { detail: message }),
  'detail-list': ({ status, message }) => jsonReply(status, { detail: [{ loc: ['body', 'messages'], msg: message, type: 'value_error' }] }),
  message: ({ status, message }) => jsonReply(status, { id: 'error-1', message }),
  data: ({ status, message }) => jsonReply(status, { code: 20_012, message, data: null }),
  array: ({ status, message }) => jsonReply(status, [{ error: { code: status, message, status: 'UNAVAILABLE', details: [] } }]),
  json: ({ status, message }) => jsonReply(status, message),
  text: ({ status, message }) => bytesReply(status, 'text/plain', Buffer.from(message)),
  html: ({ status, message }) =>
    bytesReply(status, 'text/html', Buffer.from(`<html><body><h1>${status}</h1><p>${message}</p></body></html>`)),
  empty: ({ status }) => ({ ...bytesReply(status, 'text/plain', Buffer.alloc(0)), headers: {} }),
}

/** OpenAI's shape unless told. Throws FaultSyntaxError for a shape that nobody knows. */
export function shapedError(shape: string | undefined, facts: ErrorFacts): Reply {
  const build = shape === undefined ? SHAPES['nested'] : Object.hasOwn(SHAPES, shape) ? SHAPES[shape] : undefined
  if (build === undefined) throw new FaultSyntaxError(`'shape' is one of ${Object.keys(SHAPES).join(', ')}, got '${String(shape)}'`)
  return build(facts)
}
