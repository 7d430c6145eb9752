import { describe, expect, it } from 'vitest'
import type { Policy } from '../config/snapshot.ts'
import type { UploadCall } from '../endpoints/call.ts'
import { callOf, clientOf, endpointOf, routeOf, snapshotOf } from './fixtures/compiled.ts'
import { stickyKey } from './sticky-key.ts'

const backends = [{ id: 'a', type: 'vllm', url: 'http://127.0.0.1:1', models: ['m'] }]
const messages = [{ role: 'user', content: 'x' }]

function policyOf(balance: 'random' | 'ip-hash' | 'consistent-hash', hashKeys?: string[]): Policy {
  const defaults = { balance, ...(hashKeys === undefined ? {} : { hashKeys }) }
  return routeOf(snapshotOf({ backends, defaults }), 'm').policy
}

const client = clientOf({ 'x-session': 's-1', 'x-empty': '' }, '192.0.2.7')
const ask = (more: object = {}) => callOf({ model: 'm', messages, ...more })

describe('stickyKey', () => {
  it('is nothing where nothing sticks', () => {
    expect(stickyKey(policyOf('random'), ask({ user: 'u' }), client)).toBe('')
  })

  it('is the address under ip-hash, whatever the request says', () => {
    expect(stickyKey(policyOf('ip-hash', ['user']), ask({ user: 'u', prompt_cache_key: 'p' }), client)).toBe('192.0.2.7')
  })

  it.each([
    ['prompt_cache_key first', undefined, { user: 'u', prompt_cache_key: 'p' }, 'p'],
    ['then user', undefined, { user: 'u' }, 'u'],
    ['then the address', undefined, {}, '192.0.2.7'],
    ['a header, in any case', ['header:X-Session'], {}, 's-1'],
    ['the first that is there', ['header:x-none', 'header:x-session', 'user'], { user: 'u' }, 's-1'],
    ['an empty header is none', ['header:x-empty', 'user'], { user: 'u' }, 'u'],
    ['an empty field is none', ['prompt_cache_key', 'user'], { prompt_cache_key: '', user: 'u' }, 'u'],
    ['a field that is no text is none', ['prompt_cache_key', 'user'], { prompt_cache_key: { a: 1 }, user: 'u' }, 'u'],
    ['the address where none is there', ['user'], {}, '192.0.2.7'],
    ['the address where it is asked for', ['client-ip', 'user'], { user: 'u' }, '192.0.2.7'],
  ] as const)('under consistent-hash: %s', (_, hashKeys, more, expected) => {
    expect(stickyKey(policyOf('consistent-hash', hashKeys === undefined ? undefined : [...hashKeys]), ask(more), client)).toBe(expected)
  })

  it('does not look into uploads: their fields may come after the file', () => {
    const upload: UploadCall = {
      kind: 'upload',
      endpoint: endpointOf('transcription'),
      model: 'm',
      upload: {
        fields: new Map([['user', 'u']]),
        contentType: 'multipart/form-data; boundary=x',
        replayable: true,
        open: () => {
          throw new Error('not to be opened')
        },
      },
    }
    expect(stickyKey(policyOf('consistent-hash', ['user', 'header:x-session']), upload, client)).toBe('s-1')
  })
})
