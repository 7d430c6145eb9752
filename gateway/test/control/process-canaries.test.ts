import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigInput } from '@jairouter/contract/config'
import { expect, it } from 'vitest'
import { createCanaries, spyOnApi, type Canaries } from '../support/canaries.ts'
import { eventually } from '../support/eventually.ts'
import { runCli, serveFile, temporaryDirectory, type Cli } from '../support/run-cli.ts'

const KEY = 'canary-key-of-the-file-4be1'

function seen(canaries: Canaries, name: string, cli: Cli): void {
  canaries.seen(`stdout of ${name}`, cli.stdout())
  canaries.seen(`stderr of ${name}`, cli.stderr())
}

/** Configs that can't be used, and in which a key stands at the very place of the fault. */
const INVALID = [
  `backends:\n  - id: a\n    type: vllm\n    url: http://127.0.0.1:9\n    apiKey: [${KEY}]\n`,
  `backends:\n  - id: a\n    type: vllm\n    apiKey: "${KEY}\n`,
  `backends:\n  - { id: a, type: vllm, apiKey: ${KEY}: x }\n`,
  `backends:\n  - { id: a, type: vllm, apiKey: *${KEY} }\n`,
  `backends:\n  - { id: a, type: vllm, apiKey: !${KEY} }\n`,
  `backends:\n  - { id: a, type: vllm, apiKey: !!binary ${KEY} }\n`,
  `backends:\n  - { id: a, type: vllm, headers: { "${KEY}\\n": x } }\n`.replace(KEY, 'bad name'),
  `auth: { keys: [ { name: a, key: { of: ${KEY} } } ] }\n`,
  `store: { type: postgres, url: "mysql://u:${KEY}@127.0.0.1/x" }\n`,
  `store: { type: postgres, url: "postgres://u:${KEY}@127.0.0.1:1/x" }\n`,
  `store: { type: postgres, url: [ "postgres://u:${KEY}@127.0.0.1:1/x" ] }\n`,
  `${KEY}\n`,
] as const

it.each(INVALID)('a config that can’t be used is not quoted where a key stands in it: %j', { timeout: 40_000 }, async (text) => {
  const canaries = createCanaries()
  canaries.add('the key', KEY)
  const cwd = await temporaryDirectory()
  await writeFile(join(cwd, 'jairouter.yaml'), text)
  const env = { JAIROUTER_SECRET_KEY: canaries.add('the secret key', randomBytes(32).toString('hex')) }
  const serve = runCli(['serve', '--port', '0'], { cwd, env })
  const check = runCli(['check'], { cwd, env })
  expect(await serve.exited()).toBe(1)
  await check.exited()
  expect(serve.stderr()).toContain('The gateway did not start')
  seen(canaries, 'serve', serve)
  seen(canaries, 'check', check)
  expect(canaries.leaks()).toEqual([])
})

it('a running process says no secret, nor do the commands beside it', { timeout: 60_000 }, async () => {
  const canaries = createCanaries()
  canaries.add('the key', KEY)
  const password = canaries.add('the password of the environment', 'canary-admin-password-71c')
  const env = {
    JAIROUTER_ADMIN_PASSWORD: password,
    JAIROUTER_SECRET_KEY: canaries.add('the secret key', randomBytes(32).toString('hex')),
    GPU_KEY: canaries.add('a key of the environment', 'canary-env-gpu-key-09f2'),
  }
  const backend = { id: 'a', type: 'vllm', url: 'http://127.0.0.1:9', models: ['m'] }
  const good: ConfigInput = {
    log: { level: 'trace' },
    backends: [
      { ...backend, apiKey: KEY },
      { ...backend, id: 'b', apiKey: '${GPU_KEY}' },
    ],
  }
  const served = await serveFile(good, { env })
  const say = spyOnApi(served.url, canaries)
  const session = await say('POST /session', { body: { name: 'admin', password } }, 'the token')
  const token = String(session.json['accessToken'])
  canaries.add('the token', token, token.split('.').slice(2))
  await say('GET /config', { as: token })
  await say('GET /metrics', { as: token })
  const failures = () => served.log().filter(({ msg }) => typeof msg === 'string' && /config/.test(msg)).length
  for (const text of INVALID.filter((one) => !one.startsWith('store'))) {
    const before = failures()
    await served.save(text)
    await eventually(() => expect(failures()).toBeGreaterThan(before))
  }
  await served.save(good)
  const commands = [
    ['config', 'versions'],
    ['config', 'show', '1'],
    ['config', 'export'],
    ['config', 'import', served.file],
  ].map((args) => runCli([...args, '--url', served.url], { cwd: join(served.file, '..'), env: { ...env, JAIROUTER_TOKEN: token } }))
  for (const command of commands) await command.exited()
  // The store has one writer and any number of lookers.
  const list = runCli(['keys', 'list', '--config', served.file], { cwd: join(served.file, '..'), env })
  await list.exited()
  served.kill('SIGTERM')
  expect(await served.exited()).toBe(0)
  const created = runCli(['keys', 'create', 'app', '--config', served.file], { cwd: join(served.file, '..'), env })
  expect(await created.exited()).toBe(0)
  const [key = ''] = /jr-[0-9A-Za-z]{38}/.exec(created.stdout()) ?? []
  canaries.add('the created key', key)
  canaries.seen('stdout of keys create', created.stdout(), 'the created key')
  canaries.seen('stderr of keys create', created.stderr())
  const after = runCli(['config', 'diff', '1', '2', '--config', served.file], { cwd: join(served.file, '..'), env })
  await after.exited()
  for (const cli of [served, list, after, ...commands]) seen(canaries, 'a process', cli)
  expect(served.stdout()).toContain('config')
  canaries.seenFiles(join(served.file, '..', 'data'))
  expect(canaries.leaks()).toEqual([])
})
