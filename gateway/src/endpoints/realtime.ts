import type { JsonCall } from './call.ts'
import type { Endpoint } from './endpoint.ts'

/** `GET /v1/realtime`: a session over a WebSocket. It is no row of the table, since nothing of it is a request with an answer. */
export const REALTIME: Endpoint = {
  id: 'realtime',
  paths: ['/v1/realtime'],
  body: 'json',
  required: [],
  answer: 'bytes',
  stream: 'none',
  usageOption: false,
  maximumEventBytes: 0,
}

/** A session as a call: all that is known of it before it begins is its model. */
export function realtimeCall(model: string): JsonCall {
  return { kind: 'json', endpoint: REALTIME, model, stream: false, fields: {}, bytes: Buffer.alloc(0), members: { members: [], open: -1 } }
}
