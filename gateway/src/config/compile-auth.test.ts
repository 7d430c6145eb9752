import { createHash } from 'node:crypto'
import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { compileAuth } from './compile-auth.ts'
import { formatPath } from './problem.ts'

function run(input: ConfigInput) {
  const problems: string[] = []
  const auth = compileAuth(configSchema.parse(input), (path, message) => problems.push(`${formatPath(path)}: ${message}`))
  return { ...auth, problems }
}

const keys = [{ name: 'ci', key: 'secret-key-1' }]
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('mode', () => {
  it.each<[string, ConfigInput, 'open' | 'required']>([
    ['auto on loopback without a key', {}, 'open'],
    ['auto on another loopback address', { server: { host: '::1' } }, 'open'],
    ['auto with a key', { auth: { keys } }, 'required'],
    ['auto with a key that is turned off', { auth: { keys: [{ name: 'ci', key: 'secret-key-1', enabled: false }] } }, 'required'],
    ['auto with a key, beyond loopback', { server: { host: '0.0.0.0' }, auth: { keys } }, 'required'],
    ['required with a key', { auth: { mode: 'required', keys } }, 'required'],
    ['none, beyond loopback', { server: { host: '0.0.0.0' }, auth: { mode: 'none' } }, 'open'],
    ['none, although there is a key', { auth: { mode: 'none', keys } }, 'open'],
  ])('%s', (_name, input, mode) => {
    expect(run(input)).toMatchObject({ mode, problems: [] })
  })

  it.each(['0.0.0.0', '::', '10.0.0.1', 'gateway.example.com'])('refuses to listen on %s without a key, and says how to go on', (host) => {
    expect(run({ server: { host } })).toMatchObject({
      mode: 'required',
      problems: [
        'server.host: listens beyond this machine, but no key is set: anyone who reaches it could use every model; ' +
          'add a key under auth.keys, or set auth.mode: none if that is meant, or set host: 127.0.0.1',
      ],
    })
  })

  it('refuses to require keys where there is none', () => {
    expect(run({ server: { host: '0.0.0.0' }, auth: { mode: 'required' } }).problems).toEqual([
      'auth.mode: is required, but auth.keys holds no key: nobody could get in; add one',
    ])
  })
})

describe('keys', () => {
  it('are held as digests only', () => {
    const auth = run({
      auth: {
        keys: [
          { name: 'a', key: 'secret-key-1', models: ['gpt-*'], expires: '2027-01-31T02:00:00+02:00' },
          { name: 'b', key: `SHA256:${sha256('secret-key-2').toUpperCase()}`, enabled: false },
        ],
      },
    })
    expect(auth.problems).toEqual([])
    expect(auth.keys).toEqual(
      new Map([
        [
          sha256('secret-key-1'),
          { name: 'a', limits: [], models: ['gpt-*'], enabled: true, priority: 'default', expiresAt: Date.UTC(2027, 0, 31) },
        ],
        [sha256('secret-key-2'), { name: 'b', limits: [], models: ['*'], enabled: false, priority: 'default' }],
      ]),
    )
    expect(JSON.stringify([...auth.keys])).not.toContain('secret')
  })

  it('are each one key under one name', () => {
    const { problems } = run({
      auth: {
        keys: [
          { name: 'a', key: 'secret-key-1' },
          { name: 'a', key: 'secret-key-2' },
          { name: 'b', key: `sha256:${sha256('secret-key-1')}` },
          { name: 'c', key: 'secret key 3' },
          { name: 'd', key: 'secret-key-4\n' },
          { name: 'e', key: 'sha256:secret' },
          { name: 'f', key: 'x'.repeat(1_025) },
          { name: 'g', key: 'x'.repeat(1_024) },
        ],
      },
    })
    expect(problems).toEqual([
      'auth.keys[1].name: "a" is already the name of auth.keys[0]',
      'auth.keys[2].key: is the same key as that of auth.keys[0]',
      'auth.keys[3].key: holds a character that no client can send (a space, a line end, or one beyond ASCII)',
      'auth.keys[4].key: holds a character that no client can send (a space, a line end, or one beyond ASCII)',
      'auth.keys[5].key: expected 64 hex digits after sha256:',
      'auth.keys[6].key: expected at most 1024 characters',
    ])
  })
})
