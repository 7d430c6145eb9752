import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '@jairouter/contract/config'
import type { EndpointId, Service } from '@jairouter/contract/names'
import type { Instance } from '../config/snapshot.ts'
import type { UploadCall } from '../endpoints/call.ts'
import type { ClientPort } from './client-port.ts'
import { encode } from './encode.ts'
import { callOf, clientOf, endpointOf, routeOf, snapshotOf } from './fixtures/compiled.ts'

type BackendInput = NonNullable<ConfigInput['backends']>[number]

function instanceOf(more: Partial<BackendInput> = {}, config: ConfigInput = {}, service: Service = 'chat'): Instance {
  const backends = [{ id: 'a', type: 'openai-compatible', url: 'http://127.0.0.1:1', models: ['m'], ...more }]
  const [instance] = routeOf(snapshotOf({ ...config, backends }), 'm', service).instances
  if (instance === undefined) throw new Error('There is no instance')
  return instance
}

function sent(body: string, instance: Instance, endpoint: EndpointId = 'chat'): string {
  const request = encode(callOf(body, endpoint), instance, clientOf())
  return String(request?.body)
}

const CHAT = '{"model":"m","messages":[]}'

describe('the body', () => {
  it.each([
    ['a short one', CHAT],
    [
      'one in odd clothes',
      ' {\n "messages" : [ {"role":"user","content":"\\u00e9 é 🙂 1.0 1e5 12345678901234567890"} ],\t"model":"m" , "x-unknown" : {"deep":[null]} } \n',
    ],
    ['one with numbers as nobody prints them', '{"model":"m","messages":[],"tools":[],"n":1.0}'],
  ])('goes out as it came, the very bytes, where nothing has to change: %s', (_, body) => {
    const call = callOf(body)
    expect(encode(call, instanceOf(), clientOf())?.body).toBe(call.bytes)
  })

  it('gets the upstream’s name for the model, and keeps every other byte', () => {
    const instance = instanceOf({ models: [{ name: 'org/Real"8B"', as: 'm' }] })
    expect(sent('{ "x":1.50, "model" : "m" ,"messages":[] }', instance)).toBe('{ "x":1.50, "model" : "org/Real\\"8B\\"" ,"messages":[] }')
  })

  it('changes only the top-level "model"', () => {
    const instance = instanceOf({ models: [{ name: 'real', as: 'm' }] })
    expect(sent('{"metadata":{"model":"m"},"model":"m","messages":["model"]}', instance)).toBe(
      '{"metadata":{"model":"m"},"model":"real","messages":["model"]}',
    )
  })

  it.each([
    ['asks for usage on a stream', '{"model":"m","messages":[],"stream":true}', { stream: true, stream_options: { include_usage: true } }],
    [
      'keeps the other stream options',
      '{"model":"m","messages":[],"stream":true,"stream_options":{"include_obfuscation":false}}',
      { stream: true, stream_options: { include_obfuscation: false, include_usage: true } },
    ],
    [
      'turns a no into a yes',
      '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":false}}',
      { stream: true, stream_options: { include_usage: true } },
    ],
    [
      'fills in for null',
      '{"model":"m","messages":[],"stream":true,"stream_options":null}',
      { stream: true, stream_options: { include_usage: true } },
    ],
    ['does not on a plain answer', '{"model":"m","messages":[],"stream":false}', { stream: false }],
  ])('%s', (_, body, expected) => {
    expect(JSON.parse(sent(body, instanceOf()))).toEqual({ model: 'm', messages: [], ...expected })
  })

  it('stays as it is where the client has asked for usage itself', () => {
    const body = '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}'
    expect(sent(body, instanceOf())).toBe(body)
  })

  const own = (rewrite: object, more: object = {}) =>
    instanceOf({ type: 'mine' }, { adapters: { mine: { extends: 'openai-compatible', rewrite: { chat: rewrite }, ...more } } })

  it.each([
    ['drops a field', own({ drop: ['seed'] }), '{"seed":1,"model":"m","messages":[]}', CHAT],
    [
      'renames a field',
      own({ rename: { seed: 'random_seed' } }),
      '{"model":"m","messages":[],"seed":1}',
      '{"model":"m","messages":[],"random_seed":1}',
    ],
    [
      'drops the old name where the new one is there',
      own({ rename: { max_completion_tokens: 'max_tokens' } }),
      '{"model":"m","messages":[],"max_completion_tokens":1,"max_tokens":2}',
      '{"model":"m","messages":[],"max_tokens":2}',
    ],
    ['adds a default', own({ defaults: { user: 'x' } }), CHAT, '{"user":"x","model":"m","messages":[]}'],
    [
      'keeps the client’s value',
      own({ defaults: { user: 'x' } }),
      '{"model":"m","messages":[],"user":"y"}',
      '{"model":"m","messages":[],"user":"y"}',
    ],
    [
      'drops stream options that the backend refuses',
      own({}, { streamOptions: false }),
      '{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}',
      '{"model":"m","messages":[],"stream":true}',
    ],
  ])('%s, as its adapter says', (_, instance, body, expected) => {
    expect(sent(body, instance)).toBe(expected)
  })

  it('is made from the original each time: the second instance sees nothing of the first’s changes', () => {
    const call = callOf('{"model":"m","messages":[],"seed":1}')
    const first = encode(call, instanceOf({ models: [{ name: 'one', as: 'm' }] }), clientOf())
    const second = encode(call, instanceOf({ models: [{ name: 'two', as: 'm' }] }), clientOf())
    expect([String(first?.body), String(second?.body)]).toEqual([
      '{"model":"one","messages":[],"seed":1}',
      '{"model":"two","messages":[],"seed":1}',
    ])
  })

  it('means the same but for the model, whatever else it holds', () => {
    const instance = instanceOf({ models: [{ name: 'real', as: 'm' }] })
    const fields = fc.dictionary(
      fc.string().filter((name) => !['model', 'messages', 'stream', 'stream_options', '__proto__'].includes(name)),
      fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__')),
    )
    fc.assert(
      fc.property(fields, fc.constantFrom(undefined, 1), (more, indent) => {
        const body = JSON.stringify({ ...more, messages: [], model: 'm' }, undefined, indent)
        expect(JSON.parse(sent(body, instance))).toEqual({ ...JSON.parse(body), model: 'real' })
      }),
    )
  })
})

describe('where it goes', () => {
  it.each([
    ['the adapter’s path', {}, '/v1/chat/completions'],
    ['below the path of the backend’s URL', { url: 'http://127.0.0.1:1/base/' }, '/base/v1/chat/completions'],
  ])('%s', (_, more, path) => {
    expect(encode(callOf(CHAT), instanceOf(more), clientOf())).toMatchObject({ method: 'POST', path })
  })

  it('puts the model’s name into a path as one segment, and the adapter’s query behind it', () => {
    const adapters = {
      mine: { extends: 'openai-compatible', paths: { chat: '/deployments/{model}/chat' }, query: { 'api-version': '2026-01-01 a' } },
    }
    const instance = instanceOf({ type: 'mine', models: [{ name: 'a/b?c', as: 'm' }] }, { adapters })
    expect(encode(callOf(CHAT), instance, clientOf())?.path).toBe('/deployments/a%2Fb%3Fc/chat?api-version=2026-01-01%20a')
  })

  it('is nowhere where the adapter has no such endpoint', () => {
    expect(encode(callOf({ model: 'm', input: 'x', voice: 'y' }, 'speech'), instanceOf({ type: 'vllm' }), clientOf())).toBeUndefined()
  })
})

describe('the headers', () => {
  function headersFor(client: ClientPort['headers'], more: Partial<BackendInput> = {}): unknown {
    return encode(callOf(CHAT), instanceOf(more), clientOf(client))?.headers
  }
  const OWN = { 'x-jairouter-hop': '1', 'accept-encoding': 'identity', 'content-type': 'application/json' }

  it('are the client’s, with our own over them', () => {
    expect(headersFor({ accept: '*/*', 'user-agent': 'sdk', 'x-stainless-lang': 'js', 'openai-beta': 'assistants=v2' })).toEqual({
      ...OWN,
      accept: '*/*',
      'user-agent': 'sdk',
      'x-stainless-lang': 'js',
      'openai-beta': 'assistants=v2',
    })
  })

  it.each([
    ['credentials', { authorization: 'Bearer client', 'x-api-key': 'client', 'api-key': 'client', cookie: 'session=1' }],
    [
      'hop-by-hop headers',
      {
        connection: 'keep-alive',
        'keep-alive': 'timeout=5',
        te: 'trailers',
        trailer: 'x',
        'transfer-encoding': 'chunked',
        upgrade: 'h2c',
        'proxy-authorization': 'Basic x',
        'proxy-connection': 'close',
      },
    ],
    ['what Connection names', { connection: 'close, X-Secret, x-other', 'x-secret': '1', 'x-other': '2' }],
    ['framing and address', { host: 'gateway', 'content-length': '27', 'content-encoding': 'identity', expect: '100-continue' }],
    [
      'what proxies say of the client',
      { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https', forwarded: 'for=1', via: '1.1 x', 'x-real-ip': '1' },
    ],
    ['the gateway’s own', { 'x-request-id': 'r', 'x-jairouter-anything': 'x' }],
    ['what would change the answer', { 'accept-encoding': 'gzip, br', range: 'bytes=0-1', 'if-none-match': '"x"' }],
  ])('leave out %s', (_, client) => {
    expect(headersFor(client)).toEqual(OWN)
  })

  it('carry the backend’s key and headers, which nothing from the client replaces', () => {
    const backend = { apiKey: 'backend-key', headers: { 'X-Team': 'ours' } }
    expect(headersFor({ authorization: 'Bearer client', 'x-team': 'theirs' }, backend)).toEqual({
      ...OWN,
      authorization: 'Bearer backend-key',
      'x-team': 'ours',
    })
  })

  it('say a repeated header as one', () => {
    expect(headersFor({ 'x-tag': ['a', 'b'] })).toEqual({ ...OWN, 'x-tag': 'a, b' })
  })
})

it('opens an upload anew for each attempt, with the upstream’s name, and says its length where it is known', () => {
  const opened: string[] = []
  const call: UploadCall = {
    kind: 'upload',
    endpoint: endpointOf('transcription'),
    model: 'm',
    upload: {
      fields: new Map(),
      contentType: 'multipart/form-data; boundary=xyz',
      replayable: true,
      open(model) {
        opened.push(model)
        return { body: (async function* none() {})(), length: opened.length === 1 ? 123 : undefined }
      },
    },
  }
  const instance = instanceOf({ models: [{ name: 'whisper', as: 'm' }] }, {}, 'stt')
  const attempts = [encode(call, instance, clientOf({ 'content-type': 'text/plain' })), encode(call, instance, clientOf())]
  expect(opened).toEqual(['whisper', 'whisper'])
  expect(attempts.map((request) => request?.headers)).toEqual([
    { 'x-jairouter-hop': '1', 'accept-encoding': 'identity', 'content-type': 'multipart/form-data; boundary=xyz', 'content-length': '123' },
    { 'x-jairouter-hop': '1', 'accept-encoding': 'identity', 'content-type': 'multipart/form-data; boundary=xyz' },
  ])
})
