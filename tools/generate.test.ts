import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createConfigJsonSchema } from './config-schema.ts'
import { findStale, writeGenerated } from './generate.ts'

describe('generated files', () => {
  it('are stale when missing or other, and fresh once written', () => {
    const root = mkdtempSync(join(tmpdir(), 'jairouter-generate-'))
    onTestFinished(() => rmSync(root, { recursive: true, force: true }))
    const files = [
      { path: 'a.json', render: () => '{}\n' },
      { path: 'docs/b.json', render: () => '[]\n' },
    ]
    expect(findStale(root, files)).toEqual(['a.json', 'docs/b.json'])
    writeGenerated(root, files)
    expect(findStale(root, files)).toEqual([])
    expect(readFileSync(join(root, 'docs/b.json'), 'utf8')).toBe('[]\n')
    writeFileSync(join(root, 'a.json'), '{ }\n')
    expect(findStale(root, files)).toEqual(['a.json'])
  })

  it('of this repository are fresh', () => {
    expect(findStale(join(import.meta.dirname, '..'))).toEqual([])
  })
})

describe('the schema of the config file', () => {
  const schema = z.fromJSONSchema(createConfigJsonSchema())

  it.each([
    {},
    { server: { port: 8080, drain: { accept: '5s' } } },
    { server: { port: '${PORT:-8080}', exposeRouting: '${SHOW}', bodyLimit: '${LIMIT}mb' } },
    {
      backends: [
        { id: 'a', type: 'vllm', url: 'http://${HOST}:8000', weight: '${WEIGHT}', models: ['m', { name: 'n', services: ['chat'] }] },
      ],
    },
    {
      adapters: {
        mine: { extends: 'vllm', auth: { scheme: 'header', header: 'x-key' }, rewrite: { chat: { defaults: { n: [1, null] } } } },
      },
    },
  ])('takes %j', (config) => {
    expect(schema.safeParse(config)).toMatchObject({ success: true })
  })

  it.each([
    { sever: {} },
    { auth: { keys: [{ name: 'n', key: 'short' }] } },
    { server: { port: '8080' } },
    { server: { port: '$PORT' } },
    { server: { drain: { accept: 5 } } },
    { backends: [{ id: 'a' }] },
    { backends: [{ id: 'a', type: 'vllm', wieght: 1 }] },
    { adapters: { mine: { auth: { scheme: 'basic' } } } },
  ])('refuses %j', (config) => {
    expect(schema.safeParse(config)).toMatchObject({ success: false })
  })
})
