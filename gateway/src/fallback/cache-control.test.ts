import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { mayStore, readCacheControl, type AnswerToStore } from './cache-control.ts'

const endpointOf = (id: Endpoint['id']) => ENDPOINT_DEFINITIONS.find((endpoint) => endpoint.id === id) ?? never()
function never(): never {
  throw new Error('no such endpoint')
}

describe('readCacheControl', () => {
  const free = { read: true, write: true, maxAgeMs: Infinity }
  it.each<[string | string[] | undefined, object]>([
    [undefined, free],
    ['', free],
    ['no-store', { ...free, read: false, write: false }],
    ['no-cache', { ...free, read: false }],
    ['No-Cache , NO-STORE', { ...free, read: false, write: false }],
    ['no-cache="x-field"', { ...free, read: false }],
    ['max-age=60', { ...free, maxAgeMs: 60_000 }],
    ['max-age="60"', { ...free, maxAgeMs: 60_000 }],
    ['max-age=0', { ...free, maxAgeMs: 0 }],
    ['max-age = 60,max-age=30', { ...free, maxAgeMs: 30_000 }],
    ['max-age=30, max-age=60', { ...free, maxAgeMs: 30_000 }],
    ['max-age=99999999999', { ...free, maxAgeMs: 2 ** 31 * 1_000 }],
    ['max-age', { ...free, maxAgeMs: 0 }],
    ['max-age=', { ...free, maxAgeMs: 0 }],
    ['max-age=-1', { ...free, maxAgeMs: 0 }],
    ['max-age=1.5', { ...free, maxAgeMs: 0 }],
    ['max-age=abc', { ...free, maxAgeMs: 0 }],
    ['max-age="60', { ...free, maxAgeMs: 0 }],
    ['max-age=60"', { ...free, maxAgeMs: 0 }],
    ['max-stale=60, only-if-cached, no-transform', free],
    ['x="a, no-store", max-age=5', { ...free, maxAgeMs: 5_000 }],
    ['x="a\\", no-store"', free],
    ['x-no-store, no-store-x', free],
    [['max-age=60', 'no-cache'], { read: false, write: true, maxAgeMs: 60_000 }],
  ])('%j', (header, expected) => expect(readCacheControl(header)).toEqual(expected))
})

const choice = (reason: unknown, index = 0) => ({ index, message: { content: 'x' }, finish_reason: reason })
const event = (reason: unknown, index = 0) =>
  `data: ${JSON.stringify({ choices: [{ index, delta: { content: '"finish_reason": "no"' }, finish_reason: reason }] })}\n\n`
const DONE = 'data: [DONE]\n\n'

function storable(change: Partial<AnswerToStore> = {}): boolean {
  const content = { kind: 'json', json: { choices: [choice('stop')] } } as const
  return mayStore({ endpoint: endpointOf('chat'), fields: {}, status: 200, complete: true, content, ...change })
}
const json = (value: unknown, more: Partial<AnswerToStore> = {}) => storable({ content: { kind: 'json', json: value }, ...more })
const stream = (text: string, fields: JsonObject = {}) => storable({ content: { kind: 'stream', bytes: Buffer.from(text) }, fields })

describe('mayStore', () => {
  it('takes a whole 200 and nothing else', () => {
    expect(storable()).toBe(true)
    expect([201, 206, 400, 429, 500].filter((status) => storable({ status }))).toEqual([])
    expect(storable({ complete: false })).toBe(false)
    expect(storable({ content: { kind: 'bytes' } })).toBe(false)
  })

  it.each<[unknown, JsonObject, boolean]>([
    ['stop', {}, true],
    ['tool_calls', {}, true],
    ['function_call', {}, true],
    ['length', {}, false],
    ['length', { max_tokens: null }, false],
    ['length', { max_tokens: 5 }, true],
    ['length', { max_completion_tokens: 5 }, true],
    ['content_filter', { max_tokens: 5 }, false],
    ['sensitive', {}, false],
    [null, {}, false],
    [undefined, {}, false],
  ])('of an answer that ended by %j with %j: %s', (reason, fields, expected) => {
    expect(json({ choices: [choice(reason)] }, { fields })).toBe(expected)
    expect(json({ choices: [choice('stop'), choice(reason, 1)] }, { fields })).toBe(expected)
    expect(stream(event(null) + event(reason) + DONE, fields)).toBe(expected)
  })

  it('takes no answer without a choice, and no error', () => {
    expect([{}, { choices: [] }, { choices: 'x' }, { choices: ['stop'] }, [], null].filter((value) => json(value))).toEqual([])
    expect(json({ error: { message: 'm' } })).toBe(false)
    expect(json({ choices: [choice('stop')], base_resp: { status_code: 1_002 } })).toBe(false)
    expect(json({ error: { message: 'm' } }, { endpoint: endpointOf('embedding') })).toBe(false)
  })

  it('takes a stream once all of its choices have ended', () => {
    expect(stream(event('stop') + event('stop', 1) + DONE, { n: 2 })).toBe(true)
    expect(stream(event('stop') + event('stop') + DONE, { n: 2 })).toBe(false)
    expect(stream(event('stop') + event('content_filter', 1) + DONE, { n: 2 })).toBe(false)
    expect(stream(event('stop') + event('stop', 1) + event('stop', 2) + DONE, { n: 2 })).toBe(true)
    expect(stream(DONE)).toBe(false)
    expect(stream('')).toBe(false)
  })

  it('goes by the last word on a choice, and takes one without an index as the first', () => {
    expect(stream(event('stop') + event('content_filter') + DONE)).toBe(false)
    expect(stream(event('content_filter') + event('stop') + event(null) + DONE)).toBe(true)
    expect(stream(`data: {"choices":[{"finish_reason" : "stop"}]}\n\n${DONE}`)).toBe(true)
    expect(stream(`data: {"choices":[{"finish_reason":"stop"},{"index":1,"finish_reason":null}]}\n\n${DONE}`)).toBe(true)
    expect(stream(`data: {"choices":[{"finish_reason":"stop"}]}\n\n${event('stop')}${DONE}`, { n: 2 })).toBe(false)
    expect(stream(`: comment\n\ndata: {"finish_reason":"stop", broken\n\n${event('stop')}${DONE}`)).toBe(true)
  })

  it('takes whole answers of the endpoints that know no finish reason', () => {
    expect(json({ data: [] }, { endpoint: endpointOf('embedding') })).toBe(true)
    expect(json([], { endpoint: endpointOf('rerank') })).toBe(true)
    expect(storable({ endpoint: endpointOf('speech'), content: { kind: 'bytes' } })).toBe(true)
    expect(storable({ endpoint: endpointOf('speech'), content: { kind: 'bytes' }, complete: false })).toBe(false)
  })

  it('counts the prompts of a text completion', () => {
    const content = { kind: 'stream', bytes: Buffer.from(event('stop') + DONE) } as const
    const endpoint = endpointOf('completion')
    expect(storable({ endpoint, content, fields: { prompt: ['a', 'b'] } })).toBe(false)
    expect(storable({ endpoint, content, fields: { prompt: ['a'] } })).toBe(true)
    expect(storable({ endpoint, content, fields: { prompt: [1, 2] } })).toBe(true)
    expect(storable({ content, fields: { prompt: ['a', 'b'] } })).toBe(true)
  })
})
