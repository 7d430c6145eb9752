import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { subjectAt, subjectsOf } from './subjects.ts'

function of(config: ConfigInput, id = 'a') {
  const subject = subjectsOf(configSchema.parse(config), new Map()).get(id)
  if (subject === undefined) throw new Error(`no subject ${id}`)
  return subject
}

const a = { id: 'a', type: 'vllm', url: 'http://10.0.0.5:8000' }

describe('a backend of the config', () => {
  it('is asked as it stands there', () => {
    expect(of({ backends: [{ ...a, url: 'http://10.0.0.5:8000/base', apiKey: 'key-of-the-test' }] })).toMatchObject({
      backend: { id: 'a', origin: 'http://10.0.0.5:8000', basePath: '/base', apiKey: 'key-of-the-test', adapter: { id: 'vllm' } },
      types: ['vllm'],
      named: [],
      listed: false,
      services: new Set(),
      enabled: true,
    })
  })

  it('names its own models and those of targets, each once', () => {
    const config: ConfigInput = {
      backends: [
        { ...a, models: ['one', { name: 'two', as: 'zwei', services: ['rerank'] }] },
        { ...a, id: 'b', url: 'http://10.0.0.6:8000' },
      ],
      models: [
        {
          name: 'smart',
          targets: [
            { backend: 'a', model: 'three' },
            { backend: 'a', model: 'one' },
            { backend: 'b', model: 'other' },
          ],
        },
        { name: 'four', service: 'embedding', targets: [{ backend: 'a' }] },
      ],
    }
    expect(of(config)).toMatchObject({
      named: ['one', 'two', 'three', 'four'],
      listed: true,
      services: new Set(['rerank', 'chat', 'embedding']),
    })
    expect(of(config, 'b')).toMatchObject({ named: ['other'], listed: false, services: new Set(['chat']) })
  })

  it('is used for what its adapter has an endpoint for', () => {
    const config: ConfigInput = { backends: [{ ...a, type: 'tei' }], models: [{ name: 'm', targets: [{ backend: 'a' }] }] }
    expect(of(config).services).toEqual(new Set())
  })

  it('has the type, and all that it extends', () => {
    const config: ConfigInput = {
      adapters: { mine: { extends: 'middle' }, middle: { extends: 'vllm' }, own: { paths: { chat: '/c' } } },
      backends: [
        { ...a, type: 'mine' },
        { ...a, id: 'b', type: 'own', models: ['m'] },
      ],
    }
    expect(of(config).types).toEqual(['mine', 'middle', 'vllm'])
    expect(of(config, 'b').types).toEqual(['own'])
  })

  it('is there when it is disabled', () => {
    const subjects = subjectsOf(configSchema.parse({ backends: [a, { ...a, id: 'b', enabled: false }] }), new Map())
    expect([...subjects].map(([id, { enabled }]) => [id, enabled])).toEqual([
      ['a', true],
      ['b', false],
    ])
  })
})

describe('an address', () => {
  it('is asked as a server of which nothing is known', () => {
    expect(subjectAt('http://127.0.0.1:8080/base/')).toMatchObject({
      backend: { origin: 'http://127.0.0.1:8080', basePath: '/base', headers: {}, adapter: { id: 'openai-compatible' } },
      types: [],
      named: [],
      listed: false,
      services: new Set(),
    })
  })

  it.each([
    ['http://user:canary@a', 'holds a user name or password; give the key as apiKey, other credentials under headers'],
    ['http://a/v1', 'ends in /v1, which adapter "openai-compatible" adds itself; leave it out'],
    ['ftp://canary', 'expected a URL that begins with http:// or https://'],
    ['http://', 'expected a URL such as http://10.0.0.5:8000'],
    ['http://169.254.169.254', 'is a link-local, multicast or cloud metadata address, to which no connection is ever made'],
  ])('%s is refused without being shown', (url, message) => {
    expect(subjectAt(url)).toEqual({ message })
  })
})
