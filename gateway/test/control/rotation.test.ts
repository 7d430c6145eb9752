import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseSealed } from '../../src/store/secrets/sealed-value.ts'
import { ask, messages } from '../support/ask.ts'
import { runCli } from '../support/run-cli.ts'
import { startJoined, type Joined } from '../support/start-joined.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

const SECRET = 'a-key-of-a-backend-1234'
const CLIENT_SECRET = 'a-secret-of-an-oidc-client-5678'

/** Every sealed value of the store: collection → the keys that they were sealed with. */
async function sealedBy({ opened: { store } }: Joined): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const collection of (await store.contents()).collections.keys())
    for (const { body } of await store.list(collection))
      for (const [text] of JSON.stringify(body).matchAll(/sealed:v1:[\w:-]+/g))
        (found[collection] ??= []).push(parseSealed(text)?.keyId ?? 'none')
  return found
}

async function rotate({ directory }: Joined) {
  const cli = runCli(['store', 'rotate-key', '--config', join(directory, 'jairouter.yaml')], { cwd: directory })
  const code = await cli.exited()
  return { code, said: cli.stdout() + cli.stderr() }
}

async function works(joined: Joined, token: string, seen: () => string | undefined): Promise<void> {
  const answer = await ask(`${joined.url}/v1/chat/completions`, {
    body: { model: 'sim-chat', messages },
    headers: { authorization: `Bearer ${token}` },
  })
  expect([answer.status, seen()]).toEqual([200, `Bearer ${SECRET}`])
  expect((await joined.api('/me', { as: token })).status).toBe(200)
  expect((await joined.fields('/config/drafts', { as: token }))['text']).toContain('of a draft')
  expect([...joined.gateway.snapshot.accounts.oidc.values()][0]?.clientSecret).toBe(CLIENT_SECRET)
}

it('all that the control plane seals survives a rotation while it runs, and after it, and the removal of the old key', async () => {
  const simulator = await startSimulatorForTest({ name: 'only' })
  const joined = await startJoined({ config: { auth: { mode: 'required' }, store: { type: 'sqlite', path: './data' } } })
  const seen = () => simulator.seen.findLast(({ method }) => method === 'POST')?.headers['authorization']?.toString()
  const backend = { id: 'only', type: 'openai-compatible', url: simulator.url, models: ['sim-chat'], health: { enabled: false } }
  await joined.fields('/backends', { body: { ...backend, apiKey: SECRET } })
  const oidc = [{ id: 'sso', name: 'SSO', issuer: 'http://127.0.0.1:9', clientId: 'c', clientSecret: CLIENT_SECRET, allowInsecure: true }]
  await joined.fields('/settings/auth', { method: 'PATCH', body: { oidc } })
  const draft = '# of a draft\nbackends: [ { id: x, apiKey: "a-key-in-a-draft-9999" '
  const { token } = await joined.userOf('operator')
  await joined.fields('/config/drafts', { method: 'PUT', body: { text: draft }, as: token })
  await works(joined, token, seen)
  const before = await sealedBy(joined)
  expect(Object.keys(before).toSorted()).toEqual(['drafts', 'secrets', 'settings'])
  const [old = ''] = new Set(Object.values(before).flat())

  const rotated = await rotate(joined)
  expect(rotated).toMatchObject({ code: 0, said: expect.stringContaining('Sealed the secrets of') })
  const after = await sealedBy(joined)
  expect(Object.values(after).flat()).not.toContain(old)
  expect(Object.values(after).flat()).toHaveLength(Object.values(before).flat().length)
  await works(joined, token, seen)
  // What it seals now, it may seal with the key that it started with.
  await joined.fields('/backends', { body: { ...backend, id: 'later', models: ['other'], apiKey: 'a-key-that-came-later-42' } })
  await joined.stop()

  const again = await startJoined({
    directory: joined.directory,
    config: { auth: { mode: 'required' }, store: { type: 'sqlite', path: './data' } },
  })
  expect(Object.values(await sealedBy(again)).flat()).not.toContain(old)
  await works(again, token, seen)
  await again.stop()

  const data = join(joined.directory, 'data')
  expect(readdirSync(data)).toContain('secret.key.previous')
  rmSync(join(data, 'secret.key.previous'))
  const last = await startJoined({
    directory: joined.directory,
    config: { auth: { mode: 'required' }, store: { type: 'sqlite', path: './data' } },
  })
  await works(last, token, seen)
  expect(last.gateway.snapshot.backends.get('later')?.apiKey).toBe('a-key-that-came-later-42')
}, 60_000)
