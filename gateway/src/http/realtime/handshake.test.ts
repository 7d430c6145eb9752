import { describe, expect, it } from 'vitest'
import { asksForSession, checkHandshake, isRealtimeTarget, readProtocols, readTarget } from './handshake.ts'

const CODE = (code: string, more: object = {}) => expect.objectContaining({ code, ...more })

describe('asksForSession', () => {
  const good = { method: 'GET', url: '/v1/realtime?model=m', headers: { upgrade: 'websocket' } }

  it.each([
    ['the usual', {}, true],
    ['other letters', { headers: { upgrade: 'WebSocket' } }, true],
    ['one of several', { headers: { upgrade: 'h2c, websocket' } }, false],
    ['no query', { url: '/v1/realtime' }, true],
    ['a POST', { method: 'POST' }, false],
    ['another upgrade', { headers: { upgrade: 'h2c' } }, false],
    ['something that begins alike', { headers: { upgrade: 'websockets' } }, false],
    ['no upgrade', { headers: {} }, false],
    ['another path', { url: '/v1/realtime/x' }, false],
    ['no target', { url: undefined }, false],
  ])('%s', (_what, changed, expected) => {
    expect(asksForSession({ ...good, ...changed })).toBe(expected)
  })

  it('goes by the path alone', () => {
    expect(['/v1/realtime', '/v1/realtime?a=/v1/x', '/v1/realtimes', '/V1/realtime', '/'].map(isRealtimeTarget)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

describe('checkHandshake', () => {
  const good = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }

  it('lets a good one through', () => {
    expect(() => checkHandshake(good)).not.toThrow()
  })

  it.each(['12', '8', '013', undefined])('asks for version 13 in place of %s', (version) => {
    const headers = { upgrade: 'websocket', 'sec-websocket-version': '13' }
    expect(() => checkHandshake({ ...good, 'sec-websocket-version': version })).toThrow(CODE('upgrade_required', { headers }))
  })

  it.each([undefined, '', 'dGhlIHNhbXBsZSBub25jZQ=', 'dGhlIHNhbXBsZSBub25jZQ===', 'dGhlIHNhbXBsZSBub25jZ-==', ' dGhlIHNhbXBsZSBub25jZQ=='])(
    'refuses the key %s',
    (key) => {
      expect(() => checkHandshake({ ...good, 'sec-websocket-key': key })).toThrow(CODE('invalid_request'))
    },
  )
})

describe('readProtocols', () => {
  it.each([
    [undefined, [], undefined],
    ['realtime', ['realtime'], undefined],
    ['realtime, openai-insecure-api-key.sk-1, openai-beta.realtime-v1', ['realtime', 'openai-beta.realtime-v1'], 'sk-1'],
    ['OPENAI-INSECURE-API-KEY.Sk-1', [], 'Sk-1'],
    ['openai-insecure-api-key.one,openai-insecure-api-key.two,b', ['b'], 'one'],
    ['openai-insecure-api-key', ['openai-insecure-api-key'], undefined],
    ['openai-insecure-api-key.', [], ''],
  ])('%s', (header, protocols, key) => {
    expect(readProtocols({ 'sec-websocket-protocol': header })).toEqual({ protocols, key })
  })

  it.each(['', 'a,', 'a,,b', 'a b', 'a, a', 'a/b', 'ä'])('refuses %s', (header) => {
    expect(() => readProtocols({ 'sec-websocket-protocol': header })).toThrow(CODE('invalid_request'))
  })
})

describe('readTarget', () => {
  it.each([
    ['?model=m', 'm', []],
    [
      '?a=1&model=org%2Fm&a=2&b',
      'org/m',
      [
        ['a', '1'],
        ['a', '2'],
        ['b', ''],
      ],
    ],
    ['?model=m+n', 'm n', []],
    [
      '?model=m&key=1&Api-Key=2&apikey=3&token=4&access_token=5&authorization=6&monkey=7&keys=8',
      'm',
      [
        ['monkey', '7'],
        ['keys', '8'],
      ],
    ],
    ['?model=%ff', '\ufffd', []],
  ])('%s', (target, model, query) => {
    expect(readTarget(`/v1/realtime${target}`)).toEqual({ model, query })
  })

  it.each([
    ['', 'missing_field'],
    ['?', 'missing_field'],
    ['?model=', 'missing_field'],
    ['?Model=m', 'missing_field'],
    ['?model=m&model=m', 'duplicate_field'],
    ['?model=a%0ab', 'invalid_field'],
    [`?model=${'a'.repeat(257)}`, 'invalid_field'],
  ])('refuses %s', (target, code) => {
    expect(() => readTarget(`/v1/realtime${target}`)).toThrow(CODE(code, { param: 'model' }))
  })
})
