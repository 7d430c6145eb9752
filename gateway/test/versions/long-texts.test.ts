import { describe, expect, it } from 'vitest'
import { listOf } from '../../src/lib/json.ts'
import { startControlled } from '../support/start-controlled.ts'
import { turnsDuring } from '../support/turns-during.ts'

/** More than is read in the gateway's own thread. `secret`: of the first backend. */
function longText({ url, models, secret }: { readonly url: string; readonly models: number; readonly secret: string }): string {
  const backends = [
    '  - id: a',
    '    type: openai-compatible',
    `    url: ${url}`,
    `    apiKey: ${secret}  # the key`,
    '    models: [sim-chat]',
  ]
  const lines = Array.from(
    { length: models },
    (_, n) => `  - { name: model-${n}, targets: [{ backend: a, model: sim-chat }] } # number ${n}`,
  )
  return `server: { port: 0 }\nbackends:\n${backends.join('\n')}\nmodels:\n${lines.join('\n')}\n`
}

const YAML = { headers: { 'content-type': 'application/yaml' } }

describe('a long text', () => {
  it('is sealed, checked, edited, compared and kept as a draft like a short one', { timeout: 60_000 }, async () => {
    const { api, desk, store, simulator, logged, chat } = await startControlled({ a: {} })
    const { url } = simulator('a')
    const secret = 'canary-of-a-long-text-1a2b'
    const text = longText({ url, models: 700, secret })
    expect(text.length).toBeGreaterThan(48 * 1024)
    const put = await api('PUT', '/config/text', undefined, { text, ...YAML })
    expect([put.status, put.text.includes(secret)]).toEqual([200, false])
    const kept = desk.state.version.text
    expect(kept).toBe(text.replace(secret, /\$\{secret:[0-9a-f]{32}\}/.exec(kept)?.[0] ?? ''))
    expect(desk.state.config.backends[0]?.apiKey).toBe(secret)
    expect((await chat({ model: 'model-699' })).status).toBe(200)

    // The same secret again has the same id: nothing changes.
    expect((await api('PUT', '/config/text', undefined, { text, ...YAML })).json['version']).toMatchObject({ number: 2 })

    const patched = await api('PATCH', '/models/model-3', { aliases: ['three'] })
    expect([patched.status, patched.text]).toEqual([200, patched.text])
    expect(desk.state.version.text.split('\n').filter((line) => !kept.includes(line))).toEqual([expect.stringContaining('[three]')])

    const diff = await api('GET', '/config/diff?from=2&to=3')
    expect(diff.json['changes']).toEqual([{ op: 'added', path: 'models[model-3].aliases', after: ['three'] }])

    const line = text.split('\n').findIndex((one) => one.includes('model-77,')) + 1
    const broken = text.replace('{ name: model-77, targets: [{ backend: a,', '{ name: model-77, targets: [{ backend: nobody,')
    const tried = await api('POST', '/config/validate', { text: broken })
    expect(tried.json).toMatchObject({ ok: false })
    expect(listOf(tried.json['diagnostics'])).toEqual([expect.objectContaining({ line, message: expect.stringContaining('nobody') })])
    expect((await api('PUT', '/config/text', undefined, { text: broken, ...YAML })).code).toBe('invalid_config')

    const draft = await api('PUT', '/config/drafts', { text: text.replace(secret, 'another-canary-3c4d') })
    expect([draft.status, draft.text.includes('another-canary')]).toEqual([200, false])
    expect((await api('PATCH', '/config/drafts', { patch: { log: { level: 'debug' } } })).status).toBe(200)
    expect((await api('POST', '/config/apply', { draft: true })).status).toBe(200)
    expect(desk.state.config.backends[0]?.apiKey).toBe('another-canary-3c4d')
    expect(desk.state.config.log.level).toBe('debug')

    // One that moves a backend takes its stored key away.
    const moved = desk.state.version.text.replace(url, 'http://127.0.0.1:9')
    const answer = await api('PUT', '/config/text?dryRun=true', undefined, { text: moved, ...YAML })
    expect(listOf(answer.json['changes'])).toContainEqual(expect.objectContaining({ path: 'backends[a].apiKey', reason: 'moved' }))

    const blame = await api('GET', '/config/blame?path=models%5Bmodel-3%5D.name')
    expect(blame.json).toMatchObject({ value: 'model-3' })
    const everything = JSON.stringify([logged(), [...(await store.list('versions'))]])
    expect([everything.includes(secret), everything.includes('another-canary')]).toEqual([false, false])
  })

  it('is checked while the event loop turns', { timeout: 120_000 }, async () => {
    const { api, chat } = await startControlled({ a: {} })
    const text = longText({ url: 'http://127.0.0.1:9', models: 6_000, secret: '"${A_KEY:-}"' })
    expect(text.length).toBeGreaterThan(400 * 1024)
    const tried = api('POST', '/config/validate', { text })
    const turns = await turnsDuring(tried)
    expect((await tried).json).toMatchObject({ ok: true })
    // Some dozens where all of it is done in between; as many as the machine makes where another thread does it.
    expect(turns).toBeGreaterThan(1_000)
    expect((await chat()).status).toBe(200)
  })

  it('that is longer than admin.bodyLimit is refused by the name of the setting', async () => {
    const { api } = await startControlled({ a: {} }, { admin: { bodyLimit: '64kb' } })
    const text = `# ${'x'.repeat(70_000)}\nbackends: []\n`
    const put = await api('PUT', '/config/text', undefined, { text, ...YAML })
    expect([put.status, put.code, put.json['detail']]).toEqual([
      413,
      'request_too_large',
      'The body is larger than 65536 bytes (setting "admin.bodyLimit")',
    ])
    expect((await api('POST', '/config/validate', { text })).status).toBe(413)
    expect((await api('PATCH', '/settings/admin', { bodyLimit: '1kb' })).code).toBe('invalid_config')
  })
})
