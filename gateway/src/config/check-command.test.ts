import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { checkCommand } from './check-command.ts'

async function check(files: Record<string, string>, args: readonly string[] = [], env: Record<string, string> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'jairouter-check-'))
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
  const output = { stdout: '', stderr: '' }
  const context = {
    env,
    cwd,
    write: (text: string) => (output.stdout += `${text}\n`),
    writeError: (text: string) => (output.stderr += `${text}\n`),
  }
  const code = await checkCommand(args, context, ({ target, json, read }) => {
    const config = read()
    context.write(
      JSON.stringify({ target, json, config: 'message' in config ? config.message : config.config.backends.map(({ id }) => id) }),
    )
    return Promise.resolve(7)
  })
  return { code, ...output }
}

it('sums up a config that is in order', async () => {
  const text = `auth: { keys: [{ name: ci, key: "\${CI_KEY}" }] }
backends:
  - { id: gpu, type: vllm, url: "http://10.0.0.5:8000" }
  - { id: tei, type: tei, url: "http://10.0.0.6:8080", models: [bge, { name: rr, services: [rerank] }] }
  - { id: old, type: ollama, url: "http://10.0.0.7:11434", enabled: false }
models:
  - { name: smart, aliases: [gpt], targets: [{ backend: gpu, model: big }] }
`
  expect(await check({ 'jairouter.yaml': text }, [], { CI_KEY: 'canary-key' })).toEqual({
    code: 0,
    stdout: `The config is in order.
  backends  3, 1 of them disabled
  models    4, and those that gpu will list
  services  embedding, rerank, chat
  auth      required
  keys      1
`,
    stderr: '',
  })
})

it('sums up one without anything', async () => {
  expect(await check({ 'jairouter.yaml': '# nothing\n' })).toMatchObject({
    code: 0,
    stdout: 'The config is in order.\n  backends  0\n  models    0\n  services  as discovered\n  auth      open\n  keys      0\n',
  })
})

it('prints every problem of the schema', async () => {
  expect(
    await check({ 'a.yaml': 'server:\n  port: x\nbackends:\n  - id: a\n    type: vllm\n    wieght: 1\n' }, ['--config', 'a.yaml']),
  ).toEqual({
    code: 1,
    stdout: `a.yaml:2:9: server.port: expected a number, got text
a.yaml:6:5: backends[0].wieght: unknown key; did you mean "weight"?

2 problems
`,
    stderr: '',
  })
})

it('prints every problem beyond the schema with its place, base and overlay apart', async () => {
  const files = {
    'jairouter.yaml': 'server: { host: 0.0.0.0 }\nbackends:\n  - { id: a, type: "${TYPE}", url: "http://${PASS}@a", ca: none.pem }\n',
    'jairouter.prod.yaml':
      'models:\n  - { name: m, targets: [{ backend: aa }] }\nbackends:\n  - { id: b, type: vllm, url: "http://u:${PASS}@b" }\n',
  }
  const env = { JAIROUTER_ENV: 'prod', TYPE: 'canary-type', PASS: 'canary-pass' }
  expect(await check(files, [], env)).toEqual({
    code: 1,
    stdout: `jairouter.yaml:3:20: backends[0].type: unknown adapter "\${TYPE}"
jairouter.prod.yaml:2:37: models[0].targets[0].backend: unknown backend "aa"; did you mean "a"?
jairouter.prod.yaml:4:31: backends[1].url: holds a user name or password; give the key as apiKey, other credentials under headers

3 problems
`,
    stderr: '',
  })
})

it('says that nobody gets in yet where the gateway is to listen beyond this machine, and no key is set', async () => {
  expect(await check({ 'jairouter.yaml': 'server: { host: 0.0.0.0 }' })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/auth +required\n +keys +0: nobody can use a model before one is made/),
  })
})

it('says that one thing is wrong', async () => {
  expect(await check({ 'jairouter.yaml': '' })).toEqual({ code: 1, stdout: 'jairouter.yaml: is empty\n\n1 problem\n', stderr: '' })
})

it('says which file is missing', async () => {
  expect(await check({}, ['--config', 'a.yaml'])).toMatchObject({
    code: 1,
    stdout: 'a.yaml: there is no such file; --config names it\n\n1 problem\n',
  })
  expect(await check({ 'jairouter.yaml': '# x' }, [], { JAIROUTER_ENV: 'prod' })).toMatchObject({
    code: 1,
    stdout: 'jairouter.prod.yaml: there is no such file; JAIROUTER_ENV wants to lay it over jairouter.yaml\n\n1 problem\n',
  })
  expect(await check({})).toEqual({
    code: 1,
    stdout: 'There is no config file: neither ./jairouter.yaml nor ./config/jairouter.yaml\n',
    stderr: '',
  })
})

it('explains itself', async () => {
  const help = await check({}, ['--help'])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(help.stdout).toMatch(/^Usage: jairouter check \[--config FILE\] \[--probe BACKEND \[--json\]\]\n/)
})

it('leaves --probe to another, who may read the config as this reads it', async () => {
  const config = 'backends:\n  - { id: gpu, type: vllm, url: "http://10.0.0.5:8000" }\n'
  expect(await check({ 'a.yaml': config }, ['--config', 'a.yaml', '--probe', 'gpu'])).toEqual({
    code: 7,
    stdout: '{"target":"gpu","json":false,"config":["gpu"]}\n',
    stderr: '',
  })
  expect(await check({}, ['--probe', 'http://127.0.0.1:1', '--json'])).toMatchObject({
    code: 7,
    stdout: expect.stringMatching(/^{"target":"http:\/\/127\.0\.0\.1:1","json":true,"config":"There is no config file/),
  })
})

it.each([[['--confg', 'a']], [['a.yaml']], [['--config']], [['--probe']], [['--json']]])('refuses %j', async (args) => {
  const result = await check({}, args)
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr).toMatch(/^jairouter check: .+\n\nUsage: /)
})

const EXPECTING = `backends:
  - { id: a, type: vllm, url: "http://10.0.0.5:8000", models: [m] }
  - { id: b, type: vllm, url: "http://10.0.0.6:8000" }
expect:
  - { model: m, goesTo: [b] }
  - { model: n, goesTo: [a, b] }
`

it('prints where an expectation stands that does not hold', async () => {
  expect(await check({ 'jairouter.yaml': EXPECTING })).toMatchObject({
    code: 1,
    stdout: 'jairouter.yaml:5:5: expect[0]: is not so: "m" goes to a as well\n\n1 problem\n',
  })
})

it('warns of one that cannot be checked before a server runs', async () => {
  const { code, stdout } = await check({ 'jairouter.yaml': EXPECTING.replace('goesTo: [b]', 'goesTo: [a, b]') })
  expect(code).toBe(0)
  expect(stdout).toContain(
    '  expect    2\nwarning: jairouter.yaml:6:5: expect[1]: cannot be checked: b lists its models itself, and has not been asked\n',
  )
})
