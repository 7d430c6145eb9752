import { describe, expect, it } from 'vitest'
import { exposedAnew } from './exposures.ts'
import { dropMoved, grantsOf } from './secret-grants.ts'

const backend = { id: 'a', type: 'vllm', url: 'http://a:8000', apiKey: '${KEY}', models: ['m', '${MODEL}'] }
const config = { backends: [backend], models: [{ name: 'x', targets: [] }] }

describe('where the environment comes out anew', () => {
  it.each([
    ['nothing has changed', config],
    ['a backend is renamed', { ...config, backends: [{ ...backend, id: 'b' }] }],
    ['an item comes before', { ...config, backends: [{ ...backend, models: ['first', 'm', '${MODEL}'] }] }],
    ['a path on the same server', { ...config, backends: [{ ...backend, url: 'http://a:8000/deep' }] }],
    ['it stands there no more', { ...config, backends: [{ ...backend, apiKey: 'other' }] }],
    ['a dollar that is none', { ...config, models: [{ name: 'x', aliases: ['$${KEY}'], targets: [] }] }],
  ])('not where %s', (_, after) => {
    expect(exposedAnew(config, after)).toEqual([])
  })

  it.each([
    ['the server is another', { ...config, backends: [{ ...backend, url: 'http://evil:8000' }] }, 'backends[a].apiKey'],
    ['another variable', { ...config, backends: [{ ...backend, apiKey: '${OTHER}' }] }, 'backends[a].apiKey'],
    ['beside another reference', { ...config, backends: [{ ...backend, apiKey: '${KEY}${OTHER:-}' }] }, 'backends[a].apiKey'],
    ['in a header', { ...config, backends: [{ ...backend, headers: { 'x-a': 'a ${KEY}' } }] }, 'backends[a].headers.x-a'],
    ['in an address', { ...config, backends: [{ ...backend, url: 'http://a:8000/${KEY}' }] }, 'backends[a].url'],
    ['in a name that everybody sees', { ...config, models: [{ name: '${KEY}', targets: [] }] }, 'models[${KEY}].name'],
    ['a copy of a backend', { ...config, backends: [backend, { ...backend, id: 'b', url: 'http://evil' }] }, 'backends[b].apiKey'],
  ])('where %s', (_, after, path) => {
    expect(exposedAnew(config, after)).toContain(path)
  })
})

describe('what a receiver of alerts is sent', () => {
  const receiver = { name: 'ops', url: 'https://a.test/hook', secret: '${HOOK}', headers: { authorization: 'Bearer ${TOKEN}' } }
  const before = { alerts: { receivers: [receiver] } }
  const after = (changes: object) => ({ alerts: { receivers: [{ ...receiver, ...changes }] } })

  it('goes to another server with its address', () => {
    expect(exposedAnew(before, after({ url: 'https://a.test/other' }))).toEqual([])
    const places = ['alerts.receivers[ops].secret', 'alerts.receivers[ops].headers.authorization']
    expect(exposedAnew(before, after({ url: 'https://evil.test/hook' }))).toEqual(places)
  })

  it('is a secret of the store that goes no further than it went', () => {
    const stored = { ...receiver, secret: `\${secret:${'0'.repeat(32)}}`, headers: {} }
    const granted = grantsOf({ alerts: { receivers: [stored] } })
    const moved = { alerts: { receivers: [{ ...stored, url: 'https://evil.test/hook' }] } }
    expect(dropMoved(moved, moved, granted).dropped).toEqual(['alerts.receivers[ops].secret'])
    const renamed = { alerts: { receivers: [{ ...stored, timeout: '1s' }] } }
    expect(dropMoved(renamed, renamed, granted).dropped).toEqual([])
  })
})

describe('what the receiver of traces is sent', () => {
  const tracing = { endpoint: 'https://a.test', headers: { authorization: 'Bearer ${TOKEN}' } }
  const moved = { tracing: { ...tracing, endpoint: 'https://evil.test' } }

  it('goes to another server with its address', () => {
    expect(exposedAnew({ tracing }, { tracing: { ...tracing, endpoint: 'https://a.test/v1/traces' } })).toEqual([])
    expect(exposedAnew({ tracing }, moved)).toEqual(['tracing.headers.authorization'])
  })

  it('is a secret of the store that goes no further than it went', () => {
    const headers = { authorization: `\${secret:${'0'.repeat(32)}}` }
    const granted = grantsOf({ tracing: { ...tracing, headers } })
    const after = { tracing: { ...moved.tracing, headers } }
    expect(dropMoved(after, after, granted).dropped).toEqual(['tracing.headers.authorization'])
  })
})

describe('what an adapter sends', () => {
  const secret = `\${secret:${'0'.repeat(32)}}`
  const adapters = { mine: { extends: 'vllm', headers: { authorization: secret, 'x-a': '${KEY}' } }, yours: { extends: 'mine' } }
  const own = { id: 'a', type: 'mine', url: 'http://a:8000' }

  it('goes to another server with a backend that speaks so, or of a type made of it', () => {
    const before = { adapters, backends: [own] }
    expect(exposedAnew(before, { adapters, backends: [own, { ...own, id: 'b' }] })).toEqual([])
    expect(exposedAnew(before, { adapters, backends: [own, { id: 'b', type: 'vllm', url: 'http://evil' }] })).toEqual([])
    const places = ['adapters.mine.headers.authorization', 'adapters.mine.headers.x-a']
    expect(exposedAnew(before, { adapters, backends: [own, { ...own, id: 'b', url: 'http://evil' }] })).toEqual(places)
    expect(exposedAnew(before, { adapters, backends: [own, { id: 'b', type: 'yours', url: 'http://evil' }] })).toEqual(places)
  })

  it('ends where adapters are made of each other', () => {
    const round = { one: { extends: 'two', label: '${KEY}' }, two: { extends: 'one' } }
    expect(exposedAnew({}, { adapters: round, backends: [{ id: 'a', type: 'three', url: 'http://a' }] })).toEqual([])
  })
})
