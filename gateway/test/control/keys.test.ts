import type { Role } from '@jairouter/contract/management/roles'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AUDIT_LOG } from '../../src/auth/audit/audit-entry.ts'
import { openAccess } from '../../src/auth/access.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import type { Write } from '../../src/store/port.ts'
import { ask } from '../support/ask.ts'
import { exchangeRaw } from '../support/raw-connection.ts'
import { startManaged, type Called, type Managed } from '../support/start-managed.ts'

const text = (called: Called) => String(called.body['key'])
const idOf = (called: Called) => String(called.body['id'])
async function make(managed: Managed, body: object): Promise<{ id: string; key: string; etag: string }> {
  const made = await managed.call('POST /keys', { body })
  expect(made.status).toBe(201)
  return { id: idOf(made), key: text(made), etag: made.etag ?? '' }
}
const codeOf = async (answer: ReturnType<Managed['chat']>) => {
  const { status, code } = await answer
  return `${status} ${code}`.trim()
}

/** As those that several processes share. */
class TellingStore extends MemoryStore {
  readonly #listeners = new Set<() => void>()

  override async commit(writes: readonly Write[]): Promise<number> {
    const number = await super.commit(writes)
    for (const listener of this.#listeners) listener()
    return number
  }

  override onChange(listener?: () => void): () => undefined {
    if (listener !== undefined) this.#listeners.add(listener)
    return () => undefined
  }
}

describe('a key', () => {
  it('works on the very next request, closes the gateway to who has none, and is refused on the next after it was revoked', async () => {
    const managed = await startManaged()
    expect((await managed.fleet.chat()).status).toBe(200)
    const { id, key } = await make(managed, { name: 'app' })
    expect(await codeOf(managed.chat(key))).toBe('200')
    expect(await codeOf(managed.fleet.chat())).toBe('401 invalid_api_key')
    expect(await managed.call(`DELETE /keys/${id}`)).toMatchObject({ status: 204 })
    expect(await codeOf(managed.chat(key))).toBe('401 invalid_api_key')
    // The last key is gone, and still nobody comes in without one; neither after a restart.
    expect(await codeOf(managed.fleet.chat())).toBe('401 invalid_api_key')
    const again = await startManaged({ store: managed.store })
    expect(await codeOf(again.fleet.chat())).toBe('401 invalid_api_key')
  })

  it('is stored and audited as its digest, shown once, and known after a restart', async () => {
    const managed = await startManaged()
    const { id, key } = await make(managed, { name: 'app', owner: 'ada' })
    const stored = await managed.store.get('keys', id)
    expect(stored?.body).toMatchObject({ hash: createHash('sha256').update(key).digest('hex'), last4: key.slice(-4) })
    const everything = JSON.stringify([
      stored,
      await managed.store.read(AUDIT_LOG, { after: 0, limit: 10 }),
      await managed.call(`GET /keys/${id}`),
      await managed.call('GET /keys'),
      managed.access.keys.exported(),
      managed.fleet.logged(),
    ])
    expect(everything).not.toContain(key)
    const again = await startManaged({ store: managed.store })
    expect(await codeOf(again.chat(key))).toBe('200')
    expect((await again.call('GET /keys?owner=ada')).body).toMatchObject({ items: [{ id, name: 'app', last4: key.slice(-4) }] })
  })

  it('is let in by what it may: models, services, addresses, time; each on the next request after a change', async () => {
    const managed = await startManaged()
    const { id, key } = await make(managed, { name: 'app', models: ['other'] })
    const patch = (body: object) => managed.call(`PATCH /keys/${id}`, { body })
    expect(await codeOf(managed.chat(key))).toBe('403 model_not_allowed')
    await patch({ models: ['sim-*'], services: ['embedding'] })
    expect(await codeOf(managed.chat(key))).toBe('403 permission_denied')
    const models = await ask(`${managed.fleet.url}/v1/models`, { headers: { 'x-api-key': key } })
    expect(JSON.parse(models.text)).toMatchObject({ data: [{ id: 'sim-embedding' }] })
    await patch({ services: null, addresses: ['10.0.0.0/8', '::1'] })
    expect(await codeOf(managed.chat(key))).toBe('403 permission_denied')
    expect((await ask(`${managed.fleet.url}/v1/models`, { headers: { 'x-api-key': key } })).code).toBe('permission_denied')
    await patch({ addresses: ['127.0.0.0/8'] })
    expect(await codeOf(managed.chat(key))).toBe('200')
    await patch({ expires: '2020-01-01T00:00:00Z' })
    expect(await codeOf(managed.chat(key))).toBe('401 invalid_api_key')
    await patch({ expires: null, enabled: false })
    expect(await codeOf(managed.chat(key))).toBe('401 invalid_api_key')
    await patch({ enabled: true, limits: [{ algorithm: 'token-bucket', rate: '1/h' }] })
    expect([await codeOf(managed.chat(key)), await codeOf(managed.chat(key))]).toEqual(['200', '429 rate_limit_exceeded'])
    const effective = await managed.call(`GET /keys/${id}/effective`)
    expect(effective.body).toMatchObject({
      models: ['sim-chat', 'sim-embedding'],
      addresses: ['127.0.0.0/8'],
      limits: [{ by: 'key', algorithm: 'token-bucket', limit: 1, remaining: 0 }],
      whyNot: [],
    })
  })

  it('is replaced by a rotation, the one before works as long as was said', async () => {
    let now = Date.now()
    const managed = await startManaged({ wallClock: () => now })
    const first = await make(managed, { name: 'app' })
    const second = await managed.call(`POST /keys/${first.id}/rotate`, { body: { overlap: '1h' }, ifMatch: first.etag })
    expect([await codeOf(managed.chat(first.key)), await codeOf(managed.chat(text(second)))]).toEqual(['200', '200'])
    const third = await managed.call(`POST /keys/${first.id}/rotate`, { body: {} })
    expect(await codeOf(managed.chat(first.key))).toBe('401 invalid_api_key')
    expect(await codeOf(managed.chat(text(second)))).toBe('401 invalid_api_key')
    expect(await codeOf(managed.chat(text(third)))).toBe('200')
    now -= 7_200_000
    const fourth = await managed.call(`POST /keys/${first.id}/rotate`, { body: { overlap: '1h' } })
    // Its overlap was over an hour ago, by the clock of the gateway.
    expect([await codeOf(managed.chat(text(third))), await codeOf(managed.chat(text(fourth)))]).toEqual(['401 invalid_api_key', '200'])
  })

  it('is changed by nobody who has not seen what it is, and made twice by nobody', async () => {
    const managed = await startManaged({ config: { auth: { keys: [{ name: 'of-config', key: 'some-config-key' }] } } })
    const { id, etag } = await make(managed, { name: 'app' })
    const changed = await managed.call(`PATCH /keys/${id}`, { body: { note: 'x' }, ifMatch: etag })
    expect(changed.etag).not.toBe(etag)
    expect(await managed.call(`PATCH /keys/${id}`, { body: { note: 'y' }, ifMatch: etag })).toMatchObject({ code: 'precondition_failed' })
    expect(await managed.call(`DELETE /keys/${id}`, { ifMatch: etag })).toMatchObject({ code: 'precondition_failed' })
    expect((await managed.call(`GET /keys/${id}`)).etag).toBe(changed.etag)
    for (const name of ['app', 'of-config', id])
      expect(await managed.call('POST /keys', { body: { name } })).toMatchObject({ code: 'already_exists' })
    for (const target of ['PATCH /keys/of-config', 'POST /keys/of-config/rotate', 'DELETE /keys/of-config'])
      expect(await managed.call(target, { body: {} })).toMatchObject({ code: 'read_only' })
    expect(await managed.call('DELETE /keys/nobody')).toMatchObject({ code: 'not_found' })
    expect((await managed.call('GET /keys?source=config')).body).toMatchObject({ items: [{ id: 'of-config', source: 'config' }] })
    // A config cannot take a name that is given already either.
    expect(managed.fleet.apply({ ...managed.fleet.config, auth: { keys: [{ name: 'app', key: 'another-key' }] } })).toEqual([
      '"app" is already a key that was made over the management API',
    ])
    expect(managed.fleet.apply(managed.fleet.config)).toEqual([])
    expect(managed.fleet.gateway.snapshot.auth.keys.size).toBe(2)
    const before = managed.access.collections.keys.items.size
    expect((await managed.call('POST /keys', { body: { name: 'tried' }, dryRun: true })).body).toMatchObject({ name: 'tried', key: '' })
    expect(managed.access.collections.keys.items.size).toBe(before)
  })

  it('is given once, although many ask for the same name at once, in two processes', async () => {
    const store = new MemoryStore()
    const [a, b] = [await startManaged({ store }), await startManaged({ store })]
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? a : b).call('POST /keys', { body: { name: 'app' } })),
    )
    expect(made.filter(({ status }) => status === 201)).toHaveLength(1)
    const key = text(made.find(({ status }) => status === 201) ?? { status: 0, body: {} })
    await Promise.all([a.access.refresh(), b.access.refresh()])
    expect([await codeOf(a.chat(key)), await codeOf(b.chat(key))]).toEqual(['200', '200'])
  })

  it('that one gateway revokes is refused by the others as soon as the store tells them', async () => {
    const store = new TellingStore()
    const [a, b] = [await startManaged({ store }), await startManaged({ store })]
    const { id, key } = await make(a, { name: 'app' })
    await expect.poll(() => codeOf(b.chat(key)), { timeout: 10_000 }).toBe('200')
    await a.call('POST /budgets', { body: { id: 'b', scope: 'key', subject: id, unit: 'requests', amount: 0, period: 'day' } })
    await expect.poll(() => codeOf(b.chat(key)), { timeout: 10_000 }).toBe('429 insufficient_quota')
    await a.call('POST /blocks', { body: { kind: 'key', value: id } })
    await expect.poll(() => codeOf(b.chat(key)), { timeout: 10_000 }).toBe('403 blocked')
    await a.call(`DELETE /keys/${id}`)
    await expect.poll(() => codeOf(b.chat(key)), { timeout: 10_000 }).toBe('401 invalid_api_key')
  })

  it('goes to another gateway by its digest', async () => {
    const from = await startManaged()
    const { key } = await make(from, { name: 'app', tags: ['x'], limits: [{ algorithm: 'sliding-window', limit: 5, window: '1m' }] })
    const exported = (await from.call('GET /keys/export')).body
    const to = await startManaged()
    await make(to, { name: 'own' })
    expect((await to.call('POST /keys/import', { body: exported })).body).toEqual({ imported: 1, skipped: [] })
    expect(await codeOf(to.chat(key))).toBe('200')
    expect(await to.call('POST /keys/import', { body: exported })).toMatchObject({ code: 'already_exists' })
    expect((await to.call('POST /keys/import', { body: { ...exported, known: 'skip' } })).body).toEqual({ imported: 0, skipped: ['app'] })
    const lines = String((await from.call('GET /keys/export?format=ndjson')).body)
    expect(JSON.parse(lines)).toMatchObject({ name: 'app', tags: ['x'] })
  })

  it('remembers its last use, without another entity tag', async () => {
    const managed = await startManaged()
    const { id, key, etag } = await make(managed, { name: 'app' })
    await managed.chat(key)
    const used = await managed.call(`GET /keys/${id}`)
    expect(used.body).toMatchObject({ lastUsed: { address: '127.0.0.1' } })
    await managed.access.stop()
    expect((await managed.store.get('key-use', id))?.body).toMatchObject({ address: '127.0.0.1' })
    const again = await openAccess({ store: managed.store, wallClock: Date.now, randomBytes: (size) => new Uint8Array(size) })
    expect(again.keys.get(id)).toMatchObject({ tag: etag, shown: { lastUsed: { address: '127.0.0.1' } } })
    await again.stop()
  })
})

describe('wrong keys', () => {
  const config = { auth: { keys: [{ name: 'of-config', key: 'some-config-key' }], failures: { limit: 3, window: '1h' as const } } }

  it('are refused with 429 after some tries; those that are right still open', async () => {
    const managed = await startManaged({ config })
    const { key } = await make(managed, { name: 'app' })
    expect(await codeOf(managed.chat('some-config-key'))).toBe('200')
    const answers: string[] = []
    for (let tries = 0; tries < 5; tries += 1) answers.push(await codeOf(managed.chat(`wrong-${tries}`)))
    expect(answers).toEqual([...Array<string>(3).fill('401 invalid_api_key'), ...Array<string>(2).fill('429 rate_limit_exceeded')])
    const refused = await managed.chat('wrong')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_000)
    expect([await codeOf(managed.chat(key)), await codeOf(managed.chat('some-config-key'))]).toEqual(['200', '200'])
    // Who sends none guesses none; and other networks have done nothing.
    expect(await codeOf(managed.fleet.chat())).toBe('401 invalid_api_key')
    const other = { headers: { 'x-api-key': 'wrong' }, localAddress: '127.0.0.2' }
    expect(await codeOf(managed.fleet.chat({}, other))).toBe('401 invalid_api_key')
  })

  it('cannot find a key of the config from where it was never used', async () => {
    const managed = await startManaged({ config })
    for (let tries = 0; tries < 3; tries += 1) await managed.chat(`wrong-${tries}`)
    expect(await codeOf(managed.chat('some-config-key'))).toBe('429 rate_limit_exceeded')
    const elsewhere = { headers: { 'x-api-key': 'some-config-key' }, localAddress: '127.0.0.2' }
    expect(await codeOf(managed.fleet.chat({}, elsewhere))).toBe('200')
  })
})

describe('a block', () => {
  it.each(['127.0.0.0/8', '127.0.0.1', '::ffff:127.0.0.1', '0.0.0.0/0'])(
    'of %s refuses everything before it is looked at, until it is lifted',
    async (value) => {
      const managed = await startManaged()
      const made = await managed.call('POST /blocks', { body: { kind: 'address', value, reason: 'secret reason' } })
      const answer = await ask(`${managed.fleet.url}/v1/chat/completions`, { body: {} })
      expect([answer.status, answer.code]).toEqual([403, 'blocked'])
      expect(answer.text).not.toContain('reason')
      expect((await ask(`${managed.fleet.url}/v1/models`)).code).toBe('blocked')
      expect((await ask(`${managed.fleet.url}/health/live`)).status).toBe(200)
      expect(await managed.call(`DELETE /blocks/${idOf(made)}`)).toMatchObject({ status: 204 })
      expect(await codeOf(managed.fleet.chat())).toBe('200')
      expect(managed.fleet.gateway.snapshot.blocks).toBeUndefined()
    },
  )

  it('of a key or its owner holds until its time, and nothing has to be written then', async () => {
    const managed = await startManaged()
    const soon = new Date(Date.now() + 1_500).toISOString()
    const { id, key } = await make(managed, { name: 'app', owner: 'ada' })
    const other = await make(managed, { name: 'other' })
    const block = await managed.call('POST /blocks', { body: { kind: 'key', value: id } })
    expect([await codeOf(managed.chat(key)), await codeOf(managed.chat(other.key))]).toEqual(['403 blocked', '200'])
    expect((await managed.call(`GET /keys/${id}/effective`)).body).toMatchObject({ whyNot: [{ code: 'blocked' }] })
    await managed.call('POST /blocks', { body: { kind: 'user', value: 'ada', expires: soon } })
    await managed.call(`DELETE /blocks/${idOf(block)}`)
    expect(await codeOf(managed.chat(key))).toBe('403 blocked')
    await expect.poll(() => codeOf(managed.chat(key)), { timeout: 10_000 }).toBe('200')
    expect((await managed.call('GET /blocks?status=expired')).body).toMatchObject({ items: [{ kind: 'user' }] })
  })

  it('refuses a realtime session in its handshake', async () => {
    const managed = await startManaged()
    await managed.call('POST /blocks', { body: { kind: 'address', value: '127.0.0.1' } })
    const lines = ['GET /v1/realtime?model=sim-chat HTTP/1.1', 'host: x', 'connection: Upgrade', 'upgrade: websocket', '', '']
    const refused = await exchangeRaw(managed.fleet.url, lines.join('\r\n'))
    expect([refused.status, refused.body.includes('"blocked"')]).toEqual([403, true])
  })

  it('is none that shuts out who makes it', async () => {
    const managed = await startManaged()
    const own = [
      { kind: 'address', value: '2001:db8::/32' },
      { kind: 'user', value: 'ADMIN' },
      { kind: 'session', value: 's' },
    ]
    for (const body of own) expect(await managed.call('POST /blocks', { body })).toMatchObject({ code: 'invalid_request' })
    expect((await managed.call('GET /blocks')).body).toMatchObject({ items: [] })
  })

  it('of an admin is for admins to make', async () => {
    const managed = await startManaged({
      personOf: (_kind, value) =>
        Promise.resolve({ id: `id-of-${value}`, name: value, role: value.startsWith('ada') ? 'admin' : 'developer' }),
    })
    const make = (kind: string, value: string, as: Role) => managed.call('POST /blocks', { body: { kind, value }, as })
    expect(await make('user', 'ada', 'operator')).toMatchObject({ code: 'permission_denied' })
    expect(await make('session', 'ada~1', 'operator')).toMatchObject({ code: 'permission_denied' })
    expect(await make('user', 'bob', 'operator')).toMatchObject({ status: 201 })
    expect(await make('user', 'ada', 'admin')).toMatchObject({ status: 201 })
  })

  it('refuses what is no address', async () => {
    const managed = await startManaged()
    expect(() =>
      managed.routes.find(({ path, method }) => path === '/blocks' && method === 'POST')?.body?.parse({ kind: 'address', value: 'x' }),
    ).toThrow()
  })
})

describe('content rules of a key', () => {
  const RULES = [
    { name: 'mail', match: { builtin: 'email' }, action: 'block' },
    { name: 'cards', match: { builtin: 'card' }, action: 'block' },
  ] as const
  const withRules = (rules: readonly (typeof RULES)[number][]) => rules.map((rule) => ({ ...rule }))
  const MAIL = { messages: [{ role: 'user', content: 'Write to ann@example.com' }] }

  it('hold for it alone, and follow the config', async () => {
    const managed = await startManaged({ config: { contentRules: withRules([...RULES]) } })
    const { key } = await make(managed, { name: 'app', content: ['mail'] })
    const other = await make(managed, { name: 'other' })
    expect(await codeOf(managed.chat(key, MAIL))).toBe('400 content_blocked')
    expect(await codeOf(managed.chat(other.key, MAIL))).toBe('200')
    const flagged = [{ ...RULES[0], action: 'flag' as const }, { ...RULES[1] }]
    expect(managed.fleet.apply({ ...managed.fleet.config, contentRules: flagged })).toEqual([])
    expect(await codeOf(managed.chat(key, MAIL))).toBe('200')
    expect(managed.fleet.apply({ ...managed.fleet.config, contentRules: withRules([...RULES]) })).toEqual([])
    expect(await codeOf(managed.chat(key, MAIL))).toBe('400 content_blocked')
  })

  it('must be there when it is saved, and stay there as long as it names them', async () => {
    const managed = await startManaged({ config: { contentRules: withRules([...RULES]) } })
    expect(await managed.call('POST /keys', { body: { name: 'app', content: ['mial'] } })).toMatchObject({ code: 'invalid_request' })
    expect(await managed.call('POST /keys/preview', { body: { name: 'app', content: ['mial'] } })).toMatchObject({
      code: 'invalid_request',
    })
    const { id, key } = await make(managed, { name: 'app', content: ['mail', 'cards'] })
    expect(await managed.call(`PATCH /keys/${id}`, { body: { content: ['none'] } })).toMatchObject({ code: 'invalid_request' })
    const without = { ...managed.fleet.config, contentRules: withRules([RULES[1]]) }
    expect(managed.fleet.apply(without)).toEqual([expect.stringContaining('has no rule "mail", which holds for the key "app"')])
    expect(await codeOf(managed.chat(key, MAIL))).toBe('400 content_blocked')
    expect((await managed.call(`PATCH /keys/${id}`, { body: { content: ['cards'] } })).body).toMatchObject({ content: ['cards'] })
    expect(managed.fleet.apply(without)).toEqual([])
    expect(await codeOf(managed.chat(key, MAIL))).toBe('200')
    const again = await startManaged({ store: managed.store, config: { contentRules: withRules([RULES[1]]) } })
    expect(await codeOf(again.chat(key, { messages: [{ role: 'user', content: 'Pay with 4111 1111 1111 1111' }] }))).toBe(
      '400 content_blocked',
    )
  })
})
