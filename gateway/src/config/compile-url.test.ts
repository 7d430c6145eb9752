import { describe, expect, it } from 'vitest'
import { defineAdapter } from '../adapters/definition.ts'
import { parseBackendUrl } from './compile-url.ts'

const adapter = defineAdapter('test', { label: 'Test', paths: { chat: '/v1/chat/completions', rerank: '/rerank' } })
const deep = defineAdapter('deep', { label: 'Deep', paths: { chat: '/openai/v1/chat/completions' } })
const own = { own: [{ host: '127.0.0.1', port: 8080 }], network: { privateAddresses: true } }

describe('parseBackendUrl', () => {
  it.each([
    ['http://10.0.0.5:8000', 'http://10.0.0.5:8000', ''],
    ['http://10.0.0.5:8000///', 'http://10.0.0.5:8000', ''],
    ['https://Example.COM:443/a/b/', 'https://example.com', '/a/b'],
    ['http://[::1]:8000/x', 'http://[::1]:8000', '/x'],
    ['http://host/api', 'http://host', '/api'],
    ['http://host/v1beta', 'http://host', '/v1beta'],
    ['http://host/v2', 'http://host', '/v2'],
    ['http://10.0.0.5:8080', 'http://10.0.0.5:8080', ''],
  ])('%s', (url, origin, basePath) => {
    expect(parseBackendUrl(url, adapter, own)).toEqual({ origin, basePath })
  })

  it.each([
    ['not a url', 'expected a URL such as http://10.0.0.5:8000'],
    ['file:///etc/passwd', 'expected a URL that begins with http:// or https://'],
    ['http://user@host', 'holds a user name or password; give the key as apiKey, other credentials under headers'],
    ['http://:pass@host', 'holds a user name or password; give the key as apiKey, other credentials under headers'],
    ['http://host/?a=b', 'has a query; an adapter of your own can add one to each request (adapters.NAME.query)'],
    ['http://host/#a', 'has a fragment (#...), which is never sent; leave it out'],
    ['http://169.254.169.254', 'is a link-local, multicast or cloud metadata address, to which no connection is ever made'],
    ['http://[::ffff:a9fe:a9fe]/latest', 'is a link-local, multicast or cloud metadata address, to which no connection is ever made'],
    ['http://0.0.0.0:8000', 'is the address that stands for all of a machine; name one of them, such as 127.0.0.1'],
    ['http://host/v1', 'ends in /v1, which adapter "test" adds itself; leave it out'],
    ['http://host/proxy/v1/', 'ends in /v1, which adapter "test" adds itself; leave it out'],
    ['http://localhost:8080', 'is the address of the gateway itself (server.port is 8080); change one of the two'],
  ])('refuses %s', (url, message) => {
    expect(parseBackendUrl(url, adapter, own)).toEqual({ message })
  })

  it('knows a version that stands deeper in the paths', () => {
    expect(parseBackendUrl('https://x.example.com/openai/v1', deep, own)).toEqual({
      message: 'ends in /openai/v1, which adapter "deep" adds itself; leave it out',
    })
    expect(parseBackendUrl('https://x.example.com/v1', deep, own)).toEqual({ origin: 'https://x.example.com', basePath: '/v1' })
  })

  it.each([
    ['http://127.0.0.1:9000', { host: '0.0.0.0', port: 9000 }, true],
    ['http://127.0.0.1', { host: '127.0.0.1', port: 80 }, true],
    ['https://localhost', { host: '::', port: 443 }, true],
    ['http://127.0.0.1:9000', { host: '10.0.0.1', port: 9000 }, false],
    ['http://127.0.0.1:9001', { host: '127.0.0.1', port: 9000 }, false],
  ])('sees whether %s is the gateway on %j: %s', (url, address, isItself) => {
    expect('message' in parseBackendUrl(url, adapter, { ...own, own: [address] })).toBe(isItself)
  })

  it('knows the ports of its own by their settings', () => {
    const surroundings = { ...own, own: [...own.own, { host: '127.0.0.1', port: 9090, setting: 'admin.port' }] }
    expect(parseBackendUrl('http://localhost:9090', adapter, surroundings)).toEqual({
      message: 'is the address of the gateway itself (admin.port is 9090); change one of the two',
    })
  })

  it.each([
    'http://127.0.0.1:8000',
    'http://10.0.0.5',
    'http://[fd00::1]',
    'http://[::ffff:10.0.0.1]',
    'http://0x7f.1',
    'http://2130706433',
    'http://localhost',
  ])('refuses %s where private addresses are ruled out', (url) => {
    const surroundings = { ...own, network: { privateAddresses: false } }
    expect(parseBackendUrl(url, adapter, surroundings)).toEqual({
      message: 'is a private address, which network.privateAddresses rules out',
    })
    expect(parseBackendUrl('https://api.example.com', adapter, surroundings)).toHaveProperty('origin')
    expect(parseBackendUrl(url, adapter, own)).toHaveProperty('origin')
  })
})
