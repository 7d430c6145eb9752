import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Call } from '../endpoints/call.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { parseFields, parseJsonCall, type ParsedBody } from '../endpoints/parse-json-call.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { boundaryOf } from '../lib/multipart-scanner.ts'
import { checkBodyHeaders, continueIfExpected, readBody } from './read-body.ts'
import { StreamedUpload } from './upload.ts'

export interface BodyExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** The request's body -> a call. Throws 400, 413 and 415. */
export async function readCall(endpoint: Endpoint, exchange: BodyExchange, limitBytes: number): Promise<Call> {
  const { request, response } = exchange
  checkBodyHeaders(request, limitBytes)
  const contentType = request.headers['content-type'] ?? ''
  const multipart = /^multipart\/form-data\b/i.test(contentType)
  if (multipart && endpoint.body !== 'json') {
    const boundary = boundaryOf(contentType)
    if (boundary === undefined) throw new GatewayError('invalid_request', 'The content type "multipart/form-data" has no boundary')
    continueIfExpected(request, response)
    const upload = new StreamedUpload({ request, contentType, boundary, limitBytes })
    try {
      return { kind: 'upload', endpoint, model: await upload.findModel(), upload }
    } catch (error) {
      // Nobody else knows of it yet, and what was spooled would stay on the disk.
      await upload.close()
      throw error
    }
  }
  const json = contentType === '' || isJson(contentType)
  if (!json || endpoint.body === 'multipart') {
    const wanted = {
      json: 'application/json',
      multipart: 'multipart/form-data',
      'json-or-multipart': 'application/json or multipart/form-data',
    }[endpoint.body]
    throw new GatewayError('unsupported_media_type', `The content type must be ${wanted}`)
  }
  continueIfExpected(request, response)
  return parseJsonCall(endpoint, await readBody(request, limitBytes))
}

/**
 * The JSON body of a request in another dialect. Its type is not asked for, since `curl -d` says a form's: but a
 * browser, which could be led to send such a request by any page, says where it comes from.
 */
export async function readFields({ request, response }: BodyExchange, limitBytes: number): Promise<ParsedBody> {
  checkBodyHeaders(request, limitBytes)
  const { 'content-type': contentType = '', origin } = request.headers
  if (!isJson(contentType) && contentType !== '' && origin !== undefined)
    throw new GatewayError('unsupported_media_type', 'The content type must be application/json')
  continueIfExpected(request, response)
  return parseFields(await readBody(request, limitBytes))
}

function isJson(contentType: string): boolean {
  return /^application\/json\b/i.test(contentType)
}
