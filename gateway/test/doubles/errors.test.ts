import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { startDouble, type Reply, type WireName } from './double.ts'
import { exchange } from './exchange.ts'
import { REQUESTS } from './requests.ts'

async function say(wire: WireName, reply: Reply, stream = false) {
  const double = await startDouble(wire)
  double.reply(reply)
  const request = REQUESTS[wire]
  return exchange(double.url + request.path(stream), { body: request.body(stream), headers: request.headers })
}

const error = (status: Extract<Reply, { kind: 'error' }>['status'], retryAfterSeconds?: number): Reply => ({
  kind: 'error',
  status,
  message: 'no',
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
})

const STATUSES = [400, 401, 404, 413, 422, 429, 500, 503, 529] as const

describe('errors before the answer', () => {
  const openai = (type: string, code: string | null = null) => ({ error: { message: 'no', type, param: null, code } })
  const anthropic = (type: string) => ({ type: 'error', error: { type, message: 'no' }, request_id: 'req_1' })
  const gemini = (code: number, status: string) => ({ error: { code, message: 'no', status } })
  const invalid = 'invalid_request_error'
  const SHAPES: Readonly<Record<WireName, Readonly<Record<(typeof STATUSES)[number], JsonObject>>>> = {
    openai: {
      400: openai(invalid),
      401: openai(invalid, 'invalid_api_key'),
      404: openai(invalid, 'model_not_found'),
      413: openai(invalid),
      422: openai(invalid),
      429: openai('requests', 'rate_limit_exceeded'),
      500: openai('server_error'),
      503: openai('server_error'),
      529: openai('server_error'),
    },
    anthropic: {
      400: anthropic(invalid),
      401: anthropic('authentication_error'),
      404: anthropic('not_found_error'),
      413: anthropic('request_too_large'),
      422: anthropic(invalid),
      429: anthropic('rate_limit_error'),
      500: anthropic('api_error'),
      503: anthropic('timeout_error'),
      529: anthropic('overloaded_error'),
    },
    gemini: {
      400: gemini(400, 'INVALID_ARGUMENT'),
      401: gemini(401, 'UNAUTHENTICATED'),
      404: gemini(404, 'NOT_FOUND'),
      413: gemini(413, 'INVALID_ARGUMENT'),
      422: gemini(422, 'INVALID_ARGUMENT'),
      429: gemini(429, 'RESOURCE_EXHAUSTED'),
      500: gemini(500, 'INTERNAL'),
      503: gemini(503, 'UNAVAILABLE'),
      529: gemini(529, 'UNAVAILABLE'),
    },
    ollama: always({ error: 'no' }),
    cohere: always({ id: '29415-1', message: 'no' }),
  }
  const wires = Object.keys(SHAPES) as WireName[]

  it.each(wires.flatMap((wire) => STATUSES.map((status) => [wire, status] as const)))('%s: %d', async (wire, status) => {
    for (const stream of [true, false]) {
      const answer = await say(wire, error(status), stream)
      expect(answer.status).toBe(status)
      expect(JSON.parse(answer.text)).toEqual(SHAPES[wire][status])
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
      expect(answer.headers['retry-after']).toBeUndefined()
    }
  })

  it.each(wires.filter((wire) => wire !== 'gemini'))('%s says in a header when to come back', async (wire) => {
    expect((await say(wire, error(429, 7))).headers['retry-after']).toBe('7')
  })

  it('gemini says it in the body, with a fraction, and in no header', async () => {
    const { text, headers } = await say('gemini', error(429, 34.4))
    expect(headers['retry-after']).toBeUndefined()
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }]
    expect(JSON.parse(text)).toEqual({ error: { code: 429, message: 'no', status: 'RESOURCE_EXHAUSTED', details } })
  })
})

function always(shape: JsonObject): Record<(typeof STATUSES)[number], JsonObject> {
  return { 400: shape, 401: shape, 404: shape, 413: shape, 422: shape, 429: shape, 500: shape, 503: shape, 529: shape }
}
