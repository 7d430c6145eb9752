import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { AnyRoute } from '../../src/admin/route.ts'
import { openStore } from '../../src/store/open-store.ts'
import { openSecretBox } from '../../src/store/secrets/secret-box.ts'
import { createCanaries, spyOnApi, type Canaries } from '../support/canaries.ts'
import { ask } from '../support/ask.ts'
import { temporaryDirectory } from '../support/run-cli.ts'
import { startScripted } from '../support/scripted-server.ts'
import { openSse } from '../support/sse-client.ts'
import { startControlled } from '../support/start-controlled.ts'

const PASSWORD = 'canary-password-of-ada-8f1c'
const PROMPT = 'canary prompt: the launch code is 4711-zebra'

async function start(type: 'sqlite' | 'file', canaries: Canaries) {
  const path = await temporaryDirectory()
  const backend = await startScripted(({ body, headers, path: asked }, response) => {
    const echo = `${String(headers.authorization)} ${String(headers['x-secret'])} ${body.toString()}`
    response.writeHead(asked.includes('bad') ? 200 : 500, { 'content-type': 'application/json', 'x-debug': echo.replaceAll(/[^ -~]/g, '') })
    response.end(JSON.stringify({ error: { message: echo, code: headers.authorization } }))
  })
  const env = { ENV_KEY: canaries.add('the backend key of the environment', 'canary-env-key-51aa90c2') }
  const secrets = {
    literal: canaries.add('the backend key of the file', 'canary-file-key-7be01f44'),
    header: canaries.add('the header secret', 'canary-header-secret-0d9'),
    key: canaries.add('the key of auth.keys', 'canary-config-key-e77a21bd'),
    oidc: canaries.add('the OIDC client secret', 'canary-oidc-secret-99e1f0'),
  }
  const box = await openSecretBox({ env: {}, path })
  canaries.add('the key of the secrets', readFileSync(join(path, 'secret.key'), 'latin1').trim())
  const controlled = await startControlled(
    { good: { backend: { apiKey: secrets.literal, headers: { 'x-secret': secrets.header } } } },
    {
      auth: {
        keys: [{ name: 'ci', key: secrets.key }],
        oidc: [{ id: 'company', issuer: 'http://127.0.0.1:9', clientId: 'jairouter', clientSecret: secrets.oidc, allowInsecure: true }],
      },
      log: { level: 'trace' },
      explain: { sample: 1 },
      contentRules: [
        { name: 'codes', match: { pattern: '[0-9]{4}-zebra' }, action: 'flag' },
        { name: 'stop', match: { words: ['forbidden-canary-word'] }, action: 'block' },
      ],
      services: { chat: { content: ['codes', 'stop'] } },
    },
    { store: await openStore({ type, path }, { now: Date.now }), box, env, level: 'trace', setUp: false },
  )
  canaries.add('the setup token', controlled.setupToken)
  return { ...controlled, path, secrets, echo: backend.url, canaries, say: spyOnApi(controlled.admin, canaries) }
}
type Started = Awaited<ReturnType<typeof start>>

/** Both tokens of a sign-in become secrets that this one answer may show. */
async function signIn(
  { canaries, say }: Started,
  target: string,
  body: object,
  who: string,
  ...more: readonly string[]
): Promise<{ access: string; refresh: string }> {
  const shows = [`access token of ${who}`, `refresh token of ${who}`]
  const { json } = await say(target, { body }, ...shows, ...more)
  const [access, refresh] = [String(json['accessToken']), String(json['refreshToken'])]
  // The first part of a JWT is the same for all, and all refresh tokens of a session end differently only.
  canaries.add(`access token of ${who}`, access, access.split('.').slice(2))
  canaries.add(`refresh token of ${who}`, refresh, refresh.split('.').slice(-1))
  return { access, refresh }
}

describe.each(['sqlite', 'file'] as const)('with a %s store, secrets are', (type) => {
  it('in no answer, log, metric, stream, audit row, export or file of the store', { timeout: 60_000 }, async () => {
    const canaries = createCanaries()
    const started = await start(type, canaries)
    canaries.add('the password', PASSWORD)
    const token = await account(started)
    const stream = await openSse(`${started.admin}/admin/api/stream?topics=config,instances,errors,overview`, {
      authorization: `Bearer ${token}`,
    })
    await backends(started, token)
    await configTexts(started, token)
    await keysAndUsers(started, token)
    await prompts(started, token)
    await everyRoute(started, token)
    await sinks(started, token)
    canaries.seen('the stream', JSON.stringify(stream.events))
    expect(canaries.size()).toBeGreaterThan(100_000)
    const leaks = canaries.leaks()
    expect([...new Set(leaks)]).toEqual([])
  })
})

async function account(started: Started): Promise<string> {
  const { say, canaries, setupToken } = started
  await say('POST /setup', { body: { token: `${setupToken}x`, name: 'ada', password: PASSWORD } })
  await say('POST /setup', { body: { token: setupToken, name: PASSWORD.repeat(4), password: PASSWORD } })
  await say('POST /setup', { body: { token: setupToken, name: 'ada', password: 'short' } })
  await signIn(started, 'POST /setup', { token: setupToken, name: 'ada', password: PASSWORD }, 'ada at the setup')
  await say('POST /setup', { body: { token: setupToken, name: 'eve', password: PASSWORD } })
  const wrong = canaries.add('a wrong password', 'canary-wrong-password-3c')
  await say('POST /session', { body: { name: 'ada', password: wrong } })
  await say('POST /session', { body: { name: 'nobody', password: wrong } })
  // In the wrong field, as it happens to people.
  await say('POST /session', { body: { name: wrong, password: wrong } })
  await say('POST /session', { body: { name: 'ada', password: wrong, pasword: wrong } })
  const { access, refresh } = await signIn(started, 'POST /session', { name: 'ada', password: PASSWORD }, 'ada')
  await signIn(started, 'POST /session/refresh', { refreshToken: refresh }, 'ada, refreshed')
  await say('POST /session/refresh', { body: { refreshToken: `${refresh}x` } })
  await say('POST /session/step-up', { as: access, body: { password: wrong } })
  await say('POST /me/password', { as: access, body: { current: wrong, password: wrong } })
  await say('PATCH /me/preferences', { as: access, body: { theme: 'dark' } })
  await say('GET /session/oidc/company/start')
  await say(`GET /session/oidc/company/callback?code=${wrong}&state=${wrong}`)
  return access
}

async function backends({ say, secrets, canaries, echo }: Started, as: string): Promise<void> {
  const key = canaries.add('a backend key set by API', 'canary-api-key-6631be70')
  const header = canaries.add('a header secret set by API', 'canary-api-header-aa81')
  const bad = canaries.add('a backend key in a refused write', 'canary-refused-key-0e')
  const echoing = { id: 'echo', type: 'openai-compatible', url: `${echo}/v1`, apiKey: key, headers: { 'x-secret': header }, models: ['m'] }
  await say('POST /backends?dryRun=true', { as, body: echoing })
  await say('POST /backends', { as, body: echoing })
  await say('POST /backends', { as, body: { ...echoing, apiKey: bad } })
  await say('POST /backends', { as, body: { id: 'of-env', type: 'vllm', url: echo, apiKey: '${ENV_KEY}', models: ['e'] } })
  for (const apiKey of [[bad], { key: bad }, `\${UNSET:?${bad}}`, `\${${bad}}`, `\${secret:${bad}}`, `${bad}\n`])
    await say('PATCH /backends/echo', { as, body: { apiKey } })
  for (const headers of [{ 'x-secret': [bad] }, { 'bad name': bad }, bad, { 'x-secret': `${bad}\r\nx: y` }])
    await say('PATCH /backends/echo', { as, body: { headers } })
  for (const more of [
    { weight: -1, apiKey: bad },
    { apikey: bad },
    { url: `http://user:${bad}@127.0.0.1:1` },
    { url: 'http://169.254.169.254', apiKey: bad },
  ])
    await say('PATCH /backends/echo', { as, body: more })
  await say('PUT /backends/echo', { as, body: { ...echoing, apiKey: bad, weight: 'x' } })
  await say('PATCH /backends/echo?dryRun=true', { as, body: { apiKey: bad, headers: { other: bad } } })
  await say('PATCH /backends/echo', { as, body: { apiKey: key, weight: 2 } })
  await say('PATCH /backends/good', { as, body: { weight: 3 } })
  await say('PATCH /backends/echo', { as, headers: { 'if-match': '"0"' }, body: { apiKey: bad } })
  await say('PATCH /backends/echo', { as, text: `{"apiKey":"${bad}` })
  await say('PATCH /backends/good?dryRun=true', { as, body: { url: 'http://127.0.0.1:9' } })
  for (const path of [
    '/backends',
    '/backends/echo',
    '/backends/good',
    '/backends/of-env',
    '/search?q=canary',
    '/config',
    '/config/text',
    '/config/export',
  ])
    await say(`GET ${path}`, { as })
  await say(`GET /search?q=${secrets.literal.slice(0, 12)}`, { as })
  await say('GET /config/blame?path=backends[echo].apiKey', { as })
  await say('GET /config/effective?path=backends.echo.apiKey', { as })
}

async function configTexts({ say, canaries, echo }: Started, as: string): Promise<void> {
  const text = canaries.add('a key in a text', 'canary-text-key-b2c40d11')
  const block = canaries.add('a key in a block of a text', 'canary-block-key-77ab')
  const anchor = canaries.add('a key behind an anchor', 'canary-anchor-key-d3e')
  const { text: now } = await say('GET /config/text', { as })
  const broken = canaries.add('a key in a broken text', 'canary-broken-key-c01f')
  const yaml = (name: string, value: string) =>
    `backends:\n  - id: ${name}\n    type: vllm\n    url: ${echo}\n    models: [t]\n    apiKey: ${value}\n`
  const texts = [
    yaml('t1', `"${text}"`),
    yaml('t2', `|-\n      ${block}`),
    `${yaml('t3', `&k ${anchor}`)}  - { id: t0, type: vllm, url: "${echo}", models: [u], apiKey: *k }\n`,
    `store: { type: postgres, url: "postgres://u:${text}@127.0.0.1:1/x" }\n`,
    yaml('t8', `!!str ${text}`),
  ]
  /** Nobody can say where a secret stands in these; the draft of its owner is what its owner has written. */
  const unreadable = [
    yaml('t4', `"${broken}`),
    yaml('t5', `{ ${broken}: [ `),
    yaml('t6', `[${broken}]`),
    `${yaml('t7', broken)}    apiKey: ${broken}\n`,
    yaml('t8', `!!binary ${broken}`),
    yaml('t9', `"\\q${broken}"`),
    `\t${yaml('ta', broken)}`,
    yaml('tb', `*${broken}`),
    yaml('tc', `!${broken}`),
    yaml('td', `${broken}: x: y`),
    yaml('te', `@${broken}`),
    `${broken}\n`,
  ]
  for (const one of [...texts, ...unreadable]) {
    await say('POST /config/validate', { as, body: { text: one } })
    await say('PUT /config/drafts', { as, body: { text: one } }, ...(unreadable.includes(one) ? ['a key in a broken text'] : []))
    await say('GET /config/drafts', { as }, ...(unreadable.includes(one) ? ['a key in a broken text'] : []))
    await say('POST /config/validate', { as, body: { draft: true } })
    await say('POST /config/apply?dryRun=true', { as, body: { draft: true } })
    await say('POST /config/import', { as, text: one, headers: { 'content-type': 'application/yaml' } })
    await say('PUT /config/text?dryRun=true', { as, text: one, headers: { 'content-type': 'application/yaml' } })
  }
  await say('PATCH /config/drafts', { as, body: { patch: { backends: [{ id: 'p', type: 'vllm', url: echo, apiKey: broken }] } } })
  await say('PATCH /config/drafts', { as, body: { edits: [{ op: 'put', path: ['backends', { id: 'p' }, 'apiKey'], value: broken }] } })
  await say('POST /config/apply', { as, body: { edits: [{ op: 'put', path: ['backends', { id: 'good' }, 'apiKey'], value: text }] } })
  await say('POST /config/apply', {
    as,
    body: { patch: { auth: { oidc: [{ id: 'o', issuer: 'x', clientId: 'c', clientSecret: broken }] } } },
  })
  await say('PUT /config/text', { as, text: `${now}\n# ${'a comment'}\n`, headers: { 'content-type': 'application/yaml' } })
  const versions = Number(((await say('GET /config', { as })).json['version'] as { number?: number } | undefined)?.number)
  for (let number = 1; number <= versions; number += 1) {
    await say(`GET /config/versions/${number}`, { as })
    await say(`GET /config/diff?from=${number}`, { as })
    await say(`GET /config/export?version=${number}`, { as })
  }
  await say(`POST /config/versions/${versions - 1}/rollback`, { as, body: {} })
  await say('POST /config/versions/1/rollback?dryRun=true', { as, body: {} })
  await say('GET /settings', { as })
}

async function keysAndUsers(started: Started, as: string): Promise<void> {
  const { say, canaries } = started
  const made = await say('POST /keys', { as, body: { name: 'app', note: 'x', owner: 'ada' } }, 'a created key')
  const key = canaries.add('a created key', String(made.json['key']))
  const id = String(made.json['id'])
  const turned = await say(`POST /keys/${id}/rotate`, { as, body: { overlap: '1h' } }, 'a rotated key')
  canaries.add('a rotated key', String(turned.json['key']))
  await say('POST /keys?dryRun=true', { as, body: { name: 'other' } })
  for (const body of [{ name: key }, { name: 'x', key }, { name: 'x', models: [1, key] }, { name: 'app' }, { name: 'x', expires: key }])
    await say('POST /keys', { as, body })
  await say('POST /keys/import', { as, body: { keys: [{ name: 'imported', hash: key }] } })
  await say(`PATCH /keys/${key}`, { as, body: { enabled: false } })
  await say(`GET /keys?q=${key.slice(0, 12)}`, { as })
  for (const path of ['/keys', `/keys/${id}`, `/keys/${id}/effective`, '/keys/export', '/keys/export?format=ndjson'])
    await say(`GET ${path}`, { as })
  const password = canaries.add('the password of a user', 'canary-user-password-5d')
  const user = await say('POST /users', { as, body: { name: 'bob', role: 'operator', password, mustChangePassword: false } })
  for (const body of [
    { name: 'bob', role: 'viewer', password },
    { name: 'eve', role: password, password },
    { name: 'eve', role: 'viewer', password: [password] },
  ])
    await say('POST /users', { as, body })
  await say(`PATCH /users/${String(user.json['id'])}`, { as, body: { password, displayName: 'Bob' } })
  const { access, refresh } = await signIn(started, 'POST /session', { name: 'bob', password }, 'bob')
  await say('GET /users', { as: access })
  await say('GET /config', { as: access })
  await say('PATCH /settings/auth', { as: access, body: { keys: [{ name: 'z', key }] } })
  await say('GET /sessions', { as })
  await say('GET /me/sessions', { as: access })
  await say('DELETE /session', { as: access })
  await say('GET /me', { as: access })
  await say('POST /session/refresh', { body: { refreshToken: refresh } })
  await say('GET /me', { as: `${access.slice(0, -2)}xx` })
  await say('GET /me', { as: key })
  await say('GET /me', { headers: { cookie: `jairouter_access=${access}; x=${refresh}` } })
}

async function prompts({ say, canaries, url, secrets, echo }: Started, as: string): Promise<void> {
  canaries.add('the prompt', PROMPT)
  canaries.add('what a rule matches', '4711-zebra-matched')
  canaries.add('what stands beside a blocked word', 'beside-the-blocked-word')
  const ids: string[] = []
  const headers = { authorization: `Bearer ${secrets.key}`, 'x-jairouter-explain': '1' }
  for (const [model, content] of [
    ['sim-chat', `${PROMPT} 4711-zebra-matched`],
    ['sim-chat', `forbidden-canary-word beside-the-blocked-word ${PROMPT}`],
    ['m', PROMPT],
    ['e', PROMPT],
    ['none', PROMPT],
  ]) {
    const asked = await ask(`${url}/v1/chat/completions`, { body: { model, messages: [{ role: 'user', content }] }, headers })
    ids.push(String(asked.headers['x-request-id']))
    // What the model says is the client's.
    canaries.seen(`headers of the answer of ${String(model)}`, JSON.stringify(asked.headers))
    if (asked.status >= 400) canaries.seen(`error of ${String(model)}`, asked.text)
    const body = { path: '/v1/chat/completions', key: 'ci', body: { model, messages: [{ role: 'user', content }] } }
    await say('POST /explain', { as, body })
    await say('POST /explain', { as, body: { ...body, headers: { authorization: `Bearer ${secrets.key}` } } })
    await say('POST /explain', { as, body: { ...body, key: secrets.key } })
    await say('POST /explain', { as, body: { ...body, body: { model, messages: content } } })
  }
  for (const id of ids) {
    await say(`GET /requests/${id}`, { as })
    await say(`POST /requests/${id}/explain`, { as, body: {} })
  }
  await say('GET /requests/traces?limit=100', { as })
  // Whoever tries a rule sees the text that they sent, and nobody else does.
  await say('POST /content-rules/test', { as, body: { text: PROMPT } }, 'the prompt')
  expect(echo).not.toBe('')
}

/** Whatever there is is read once, and written to in ways that can't be right. */
async function everyRoute({ say, control, canaries }: Started, as: string): Promise<void> {
  const stray = canaries.add('what stands in a wrong body', 'canary-stray-value-41f0')
  const wrong = [
    { text: `{"a":"${stray}` },
    { body: [stray] },
    { body: stray },
    { body: { token: [stray], password: { x: stray }, apiKey: [stray] } },
  ]
  for (const route of await control.routes()) {
    // A stream of events has no end.
    if (route.answers[200]?.type === 'text/event-stream' || KEPT.has(`${route.method} ${route.path}`)) continue
    if (route.path === '/config/drafts') await say(`DELETE /config/drafts`, { as })
    if (route.method === 'GET') await say(`GET ${pathOf(route)}`, { as })
    else if (route.body !== undefined) for (const one of wrong) await say(`${route.method} ${pathOf(route)}`, { as, ...one })
    await say(`${route.method} ${pathOf(route)}?canary=${stray}`, { as })
    await say(`${route.method} ${pathOf(route)}`, { as: stray, body: {} })
  }
}

/** Preferences are whatever a console wants them to be. */
const KEPT: ReadonlySet<string> = new Set(['PATCH /me/preferences'])

function pathOf({ path }: AnyRoute): string {
  return path
    .replace(/:(number|sequence)/, '1')
    .replace(':service', 'chat')
    .replace('*', 'good/sim-chat')
    .replaceAll(/:id/g, 'good')
}

async function sinks(started: Started, as: string): Promise<void> {
  const { say, canaries, url, path, logged, stop } = started
  await say('GET /audit?limit=500', { as })
  for (const format of ['csv', 'ndjson']) await say(`GET /audit/export?format=${format}`, { as })
  await say('GET /audit/verify', { as })
  const audit = await say('GET /audit?limit=500', { as })
  expect(audit.text.length).toBeGreaterThan(1_000)
  for (const page of ['/metrics', '/health/ready', '/openapi.json', '/swagger-ui/index.html'])
    canaries.seen(page, (await ask(`${url}${page}`)).text)
  await stop()
  canaries.seen('the log', logged())
  canaries.seenFiles(path, (name) => name === 'secret.key')
}
