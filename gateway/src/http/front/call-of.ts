import type { EndpointId } from '@jairouter/contract/names'
import type { JsonCall } from '../../endpoints/call.ts'
import { ENDPOINT_DEFINITIONS } from '../../endpoints/definitions.ts'
import type { Endpoint } from '../../endpoints/endpoint.ts'
import { canonicalCall, type ParsedBody } from '../../endpoints/parse-json-call.ts'
import type { FrontCall } from './front.ts'

/** The call that a request of another dialect is; `body` as its client wrote it. Throws a 400 that names the field. */
export function callOf({ endpoint, fields, native }: FrontCall, { bytes, members }: Pick<ParsedBody, 'bytes' | 'members'>): JsonCall {
  const call = canonicalCall(endpointOf(endpoint), fields)
  return native === undefined ? call : { ...call, native: { ...native, bytes, members } }
}

function endpointOf(id: EndpointId): Endpoint {
  const endpoint = ENDPOINT_DEFINITIONS.find((definition) => definition.id === id)
  if (endpoint === undefined) throw new Error(`There is no endpoint ${id}`)
  return endpoint
}
