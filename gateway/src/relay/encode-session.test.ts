import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '@jairouter/contract/config'
import type { Instance } from '../config/snapshot.ts'
import { realtimeCall } from '../endpoints/realtime.ts'
import { encodeSession } from './encode-session.ts'
import { routeOf, snapshotOf } from './fixtures/compiled.ts'

function instanceOf(backend: Partial<NonNullable<ConfigInput['backends']>[number]>, adapters: ConfigInput['adapters'] = {}): Instance {
  const snapshot = snapshotOf({
    adapters,
    backends: [{ id: 'one', type: 'openai-compatible', url: 'http://one:1', models: ['m'], ...backend }],
  })
  const [instance] = [...(snapshot.routes.get('chat')?.values() ?? [])].flatMap(({ instances }) => instances)
  if (instance === undefined) throw new Error('no instance')
  return instance
}

function encoded(instance: Instance, query: readonly (readonly [string, string])[] = [], headers: Readonly<Record<string, string>> = {}) {
  return encodeSession({ call: realtimeCall('public'), wishes: { query, protocols: ['realtime'] }, instance, headers })
}

describe('encodeSession', () => {
  it('names the upstream model first, then what else was asked for', () => {
    const query = [
      ['a', '1'],
      ['a', '2 &'],
      ['b', ''],
    ] as const
    expect(encoded(instanceOf({ models: ['org/m ü'.replace(' ', '+')] }), query)?.path).toBe(
      '/v1/realtime?model=org%2Fm%2B%C3%BC&a=1&a=2+%26&b=',
    )
  })

  it('lets the adapter’s own query win', () => {
    const mine = { extends: 'openai-compatible', query: { 'api-version': '1', a: 'own' } }
    const query = [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const
    expect(encoded(instanceOf({ type: 'mine', url: 'http://one:1/base' }, { mine }), query)?.path).toBe(
      '/base/v1/realtime?model=m&a=own&b=2&api-version=1',
    )
  })

  it('fills the model into a path that has a place for it', () => {
    const mine = { extends: 'openai-compatible', paths: { chat: '/chat', realtime: '/models/{model}/realtime' } }
    expect(encoded(instanceOf({ type: 'mine', models: ['a/b'] }, { mine }))?.path).toBe('/models/a%2Fb/realtime?model=a%2Fb')
  })

  it('has the backend’s credential and its headers, and nothing of the client’s handshake', () => {
    const instance = instanceOf({ apiKey: 'backend-key', headers: { 'X-Own': '1' } })
    const request = encoded(instance, [], {
      authorization: 'Bearer client-key',
      'x-api-key': 'client-key',
      'api-key': 'client-key',
      'sec-websocket-key': 'k',
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'openai-insecure-api-key.client-key',
      'sec-websocket-extensions': 'permessage-deflate',
      connection: 'upgrade, x-gone',
      'x-gone': '1',
      upgrade: 'websocket',
      origin: 'https://example.com',
      'openai-beta': 'realtime=v1',
    })
    expect(request).toEqual({
      backend: instance.backend,
      path: '/v1/realtime?model=m',
      protocols: ['realtime'],
      headers: {
        'accept-encoding': 'identity',
        authorization: 'Bearer backend-key',
        'x-own': '1',
        'x-jairouter-hop': '1',
        'openai-beta': 'realtime=v1',
      },
    })
  })

  it('has nothing for a backend without sessions', () => {
    const snapshot = snapshotOf({ backends: [{ id: 'one', type: 'ollama', url: 'http://one:1', models: ['m'] }] })
    const [instance] = routeOf(snapshot, 'm').instances
    expect(instance === undefined ? 'no instance' : encoded(instance)).toBeUndefined()
  })
})
