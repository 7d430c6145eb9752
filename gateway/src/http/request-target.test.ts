import { describe, expect, it } from 'vitest'
import { ambiguityOf } from './request-target.ts'

const ask = (url: string, rawHeaders: string[] = ['Host', 'a'], httpVersion = '1.1') => ambiguityOf({ url, rawHeaders, httpVersion })

describe('ambiguityOf', () => {
  it.each([
    '/v1/chat/completions',
    '/v1/models/Qwen/Qwen3-8B',
    '/v1/models/Qwen%2FQwen3-8B',
    '/v1/models/a:free',
    '/health/live?x=//../',
    '/v1/models/.hidden',
    '/',
  ])('takes %s', (url) => {
    expect(ask(url)).toBeUndefined()
  })

  it.each([
    '//evil/x',
    'http://evil/x',
    '/v1//models',
    '/v1/../admin',
    '/v1/./models',
    '/v1/..',
    '/v1/%2e%2e/admin',
    '/v1%2fmodels',
    '/v1/%2E%2e%2fadmin',
    '/v1/models/%2e%2e',
    '/v1/models/a%2f%2fb',
    '/v1/models/a%2f..%2fb',
    '/v1/models/a%2f..',
    '/v1\\models',
    '/v1/%5cmodels',
    '/v1/models%00',
    '/v1/%252e',
    '*',
  ])('refuses %s', (url) => {
    expect(ask(url)).toBeTypeOf('string')
  })

  it('refuses headers that two servers could read differently', () => {
    expect(ask('/', ['Host', 'a', 'hOST', 'b'])).toBe('the header host stands in the request twice')
    expect(ask('/', ['Host', 'a', 'Authorization', 'a', 'authorization', 'b'])).toBe('the header authorization stands in the request twice')
    expect(ask('/', ['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'])).toBe('the only transfer-encoding is chunked')
    expect(ask('/', ['Host', 'a', 'Transfer-Encoding', 'chunked'], '1.0')).toBe('HTTP/1.0 has no transfer-encoding')
    expect(ask('/', ['Host', 'a', 'Transfer-Encoding', 'Chunked'])).toBeUndefined()
  })
})
