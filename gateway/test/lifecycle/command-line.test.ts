import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BUILTIN_ADAPTERS } from '../../src/adapters/registry.ts'
import { ask, chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { inParallel } from '../support/start-fleet.ts'
import { listening, runCli, temporaryDirectory, type Cli } from '../support/run-cli.ts'

const backend = { id: 'a', type: 'vllm', url: 'http://127.0.0.1:9', models: ['m'] }

async function runWith(config: object | string, command: readonly string[]): Promise<Cli & { readonly directory: string }> {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'jairouter.yaml'), typeof config === 'string' ? config : JSON.stringify(config, undefined, 2))
  return { ...runCli(command, { cwd: directory }), directory }
}

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs commands, two at a time, each in an empty directory. */
async function outcomesOf(commands: Readonly<Record<string, readonly string[]>>): Promise<Record<string, Outcome>> {
  const entries = Object.entries(commands)
  const outcomes = await inParallel(entries.length, 2, async (index) => {
    const [name = '', args = []] = entries[index] ?? []
    const cli = runCli(args, { cwd: await temporaryDirectory() })
    const code = await cli.exited()
    return [name, { code, stdout: cli.stdout(), stderr: cli.stderr() }] as const
  })
  return Object.fromEntries(outcomes)
}

/** A process takes long to start on a busy machine, and these tests start many. */
const MANY = { timeout: 60_000 }

describe('exit codes', () => {
  it('2 for bad usage, with the usage on standard error', MANY, async () => {
    const commands = {
      'an unknown command': ['bogus'],
      'an unknown option': ['serve', '--bogus'],
      'an unknown option without a command': ['--bogus'],
      'a port that is none': ['serve', '--port', 'http'],
      'a port out of range': ['serve', '--port', '70000'],
      'an option without its value': ['serve', '--config'],
      'an argument too many': ['serve', 'file.yaml'],
      'an unknown option of check': ['check', '--bogus'],
      'an unknown option of demo': ['demo', '--bogus'],
      'an unknown option of simulate': ['simulate', '--bogus'],
      'an unknown option of doctor': ['doctor', '--bogus'],
    }
    const expected = { code: 2, stdout: '', stderr: expect.stringMatching(/^jairouter.*\n(.*\n)*.*(Usage: jairouter|--help)/) }
    expect(await outcomesOf(commands)).toEqual(Object.fromEntries(Object.keys(commands).map((name) => [name, expected])))
  })

  it('0 for the help, on standard output', MANY, async () => {
    const commands = {
      '<command>': ['--help'],
      ...Object.fromEntries(['serve', 'check', 'demo', 'doctor', 'simulate'].map((name) => [name, [name, '--help']])),
    }
    const expected = (name: string) => ({ code: 0, stdout: expect.stringContaining(`Usage: jairouter ${name}`), stderr: '' })
    expect(await outcomesOf(commands)).toEqual(Object.fromEntries(Object.keys(commands).map((name) => [name, expected(name)])))
  })
})

describe('serve refuses to start', () => {
  const dead = { backends: [backend] }

  it('not beyond loopback without keys: nobody can use a model until one is made', async () => {
    const statusAt = async (cli: Cli) => (await ask(`http://127.0.0.1:${new URL(await listening(cli)).port}/v1/models`)).status
    const said = await runWith({ ...dead, server: { host: '0.0.0.0', port: 0 } }, ['serve'])
    const named = await runWith(dead, ['serve', '--port', '0', '--host', '0.0.0.0'])
    const without = runCli(['serve', '--port', '0', '--host', '0.0.0.0'], { cwd: await temporaryDirectory() })
    expect([await statusAt(said), await statusAt(named), await statusAt(without)]).toEqual([401, 401, 401])
  })

  it('not beyond loopback with a key, or with mode: none', async () => {
    const withKey = await runWith(
      { ...dead, server: { host: '0.0.0.0', port: 0 }, auth: { keys: [{ name: 'k', key: 'key-of-the-test' }] } },
      ['serve'],
    )
    const open = await runWith({ ...dead, server: { host: '0.0.0.0', port: 0 }, auth: { mode: 'none' } }, ['serve'])
    const portOf = (url: string) => new URL(url).port
    const statusAt = async (cli: Cli) => (await ask(`http://127.0.0.1:${portOf(await listening(cli))}/v1/models`)).status
    expect([await statusAt(withKey), await statusAt(open)]).toEqual([401, 200])
  })

  it.each([
    ['that does not exist', 'none.yaml', /none\.yaml: there is no such file/],
    ['that is a directory', 'folder', /folder: /],
    ['that is no UTF-8', 'latin.yaml', /latin\.yaml/],
  ])('with a config file %s', async (_, name, says) => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'folder'))
    await writeFile(join(directory, 'latin.yaml'), Buffer.from('server: { host: "\xe9" }', 'latin1'))
    const cli = runCli(['serve', '--config', name], { cwd: directory })
    expect(await cli.exited()).toBe(1)
    expect(cli.stderr()).toMatch(says)
    expect(cli.stderr()).not.toMatch(/^\s+at /m)
  })

  it('with a config that has mistakes: all of them are told, with their places', async () => {
    const cli = await runWith('server:\n  prot: 1\nbackends:\n  - id: a\n    type: vlm\n', ['serve'])
    expect(await cli.exited()).toBe(1)
    expect(cli.stderr()).toMatch(/^jairouter\.yaml:2:3: server\.prot: .*"port"/m)
  })

  it('on a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const cli = await runWith({ ...dead, server: { port } }, ['serve'])
    expect(await cli.exited()).toBe(1)
    expect(cli.stderr()).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*EADDRINUSE`))
  })
})

describe('check', () => {
  it('prints every problem with file, line, column and the nearest key, and ends with 1', async () => {
    const text = ['backends:', '  - id: a', '    type: vllm', '    url: http://127.0.0.1:8000', '    wieght: 3', 'servces: {}', ''].join(
      '\n',
    )
    const cli = await runWith(text, ['check'])
    expect(await cli.exited()).toBe(1)
    const lines = cli.stdout().split('\n')
    expect(lines).toContainEqual(expect.stringMatching(/^jairouter\.yaml:5:5: backends\[0\]\.wieght: .*did you mean "weight"/))
    expect(lines).toContainEqual(expect.stringMatching(/^jairouter\.yaml:6:1: servces: .*did you mean "services"/))
  })

  it('finds what lies beyond the schema, too', async () => {
    const cli = await runWith(
      'backends:\n  - { id: a, type: vllm, url: "http://127.0.0.1:1" }\n  - { id: a, type: vllm, url: "http://127.0.0.1:2" }\n',
      ['check'],
    )
    expect(await cli.exited()).toBe(1)
    expect(cli.stdout()).toMatch(/^jairouter\.yaml:3:\d+: backends\[1\]\.id: /m)
  })

  it('ends with 0 where all is well', async () => {
    const cli = await runWith({ backends: [backend] }, ['check'])
    expect(await cli.exited()).toBe(0)
  })
})

describe('zero config', () => {
  it('says of every well-known port what is there, and serves', async () => {
    const cli = runCli(['serve', '--port', '0'], { cwd: await temporaryDirectory() })
    const url = await listening(cli)
    const ports = new Set([...BUILTIN_ADAPTERS.values()].flatMap((adapter) => adapter.ports))
    for (const port of ports) expect(cli.stdout()).toMatch(new RegExp(`^ *(found|nothing|locked|other) +127\\.0\\.0\\.1:${port} `, 'm'))
    // As issue 2 names them; LocalAI's is one of them, too.
    expect([...ports].toSorted((a, b) => a - b)).toEqual([80, 1234, 8000, 8080, 9931, 9997, 11434, 30000])
    expect((await ask(`${url}/health/live`)).status).toBe(200)
    const models = await ask(`${url}/v1/models`)
    expect({ status: models.status, body: JSON.parse(models.text) }).toMatchObject({ status: 200, body: { object: 'list' } })
    // 503 where a local server was found whose models are not known yet.
    const answer = await chat(url, { model: 'nobody-has-it' })
    expect(['404 model_not_found', '503 no_healthy_instance']).toContain(`${answer.status} ${answer.code}`)
    cli.kill('SIGTERM')
    await eventually(async () =>
      expect(
        await ask(`${url}/health/ready`).then(
          ({ status }) => status,
          () => 503,
        ),
      ).toBe(503),
    )
    cli.kill('SIGTERM')
    expect(await cli.exited()).toBe(0)
  })
})
