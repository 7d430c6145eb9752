import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkCommand } from '../../src/config/check-command.ts'
import { probeCommand } from '../../src/probe/command.ts'
import { STRANGER } from '../../src/probe/fixtures/subjects.ts'
import { interview, UNREADABLE_BODY } from '../../src/probe/interview.ts'
import { createPools } from '../../src/upstream/pools.ts'
import { startDouble } from '../doubles/double.ts'
import { startMute } from '../support/mute-server.ts'
import { runCli, temporaryDirectory } from '../support/run-cli.ts'
import { answerJson, startScripted, type Script, type ScriptedServer } from '../support/scripted-server.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

type BackendInput = NonNullable<ConfigInput['backends']>[number]

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** `check --probe TARGET`, with a config of these backends. */
async function probe(target: string, config: ConfigInput | undefined, ...options: readonly string[]): Promise<Outcome> {
  const cwd = await temporaryDirectory()
  if (config !== undefined) await writeFile(join(cwd, 'jairouter.yaml'), JSON.stringify(config))
  let [stdout, stderr] = ['', '']
  const context = {
    env: {},
    cwd,
    write: (text: string) => void (stdout += `${text}\n`),
    writeError: (text: string) => void (stderr += `${text}\n`),
  }
  const code = await checkCommand(['--probe', target, ...options], context, probeCommand)
  return { code, stdout, stderr }
}

const withBackends = (...backends: readonly BackendInput[]): ConfigInput => ({ backends: [...backends] })

/** Times differ from run to run. */
const timeless = (text: string) => text.replaceAll(/in \d+ ms/g, 'in N ms')

/** Ollama as it is documented, with these models. */
function ollamaWith(...models: readonly string[]): Script {
  return ({ method, path }, response) => {
    if (path === '/api/version') return answerJson(response, { version: '0.33.0' })
    if (method === 'GET' && path === '/v1/models') {
      return answerJson(response, { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 1, owned_by: 'library' })) })
    }
    const known = method === 'POST' && ['/v1/chat/completions', '/v1/completions', '/v1/embeddings'].includes(path)
    response.writeHead(known ? 400 : 404, { 'content-type': 'text/plain' })
    response.end(known ? '' : '404 page not found')
  }
}

const asked = ({ requests }: ScriptedServer) => requests.map(({ method, path }) => `${method} ${path}`)

describe('a backend that is in order', () => {
  it('is told so, with 0; no model was asked for anything, and nothing was asked twice at a time', async () => {
    const simulator = await startSimulatorForTest({ apiKey: 'key-of-the-test', models: ['one', 'two'] })
    const backend = { id: 'sim', type: 'vllm', url: simulator.url, apiKey: 'key-of-the-test' }
    const { code, stdout, stderr } = await probe('sim', withBackends(backend))
    expect({ code, stdout: timeless(stdout), stderr }).toEqual({
      code: 0,
      stdout: `sim  ${simulator.url}  (type: vllm)
  reachable      yes, in N ms
  health         well (/health: 200)
  authenticated  yes, the key is accepted
  models         2: one, two
  endpoints      present: chat, completion, embedding, rerank, transcription
                 can’t tell: translation (not asked)
  version        simulator
  looks like     nothing that is known
  result         in order
`,
      stderr: '',
    })
    expect(simulator.seen).toHaveLength(12)
    // Not one of them named a model, and so not one reached any.
    expect(simulator.seen.filter(({ method, body }) => method === 'POST' && body.toString() !== UNREADABLE_BODY.toString())).toEqual([])
  })

  it('never gets a body that a JSON parser takes', () => {
    expect(() => void JSON.parse(UNREADABLE_BODY.toString())).toThrow(SyntaxError)
  })
})

describe('a type that is another', () => {
  it('is warned of, and fails nothing', async () => {
    const server = await startScripted(ollamaWith('qwen3:8b', 'bge-m3:latest'))
    const backend = { id: 'desk', type: 'openai-compatible', url: server.url, models: ['qwen3:8b', 'bge-m3'] }
    const { code, stdout } = await probe('desk', withBackends(backend))
    expect(stdout).toContain('\n  looks like     Ollama (owned_by in its model list, answers /api/version)\n')
    expect(stdout).toContain(
      '\n  warning        type: openai-compatible, but this looks like Ollama (owned_by in its model list, answers /api/version); type: ollama would ask /api/version for its health, ',
    )
    expect(stdout).toContain('\n  version        0.33.0\n')
    expect(code).toBe(0)
  })
})

describe('a backend that is not in order', () => {
  it('lacks a model that the config names: 1', async () => {
    const server = await startScripted(ollamaWith('qwen3:8b', 'other'))
    const backend = { id: 'desk', type: 'ollama', url: server.url, models: ['qwen3:8b', 'llama3'] }
    const { code, stdout } = await probe('desk', withBackends(backend))
    expect(stdout).toContain('\n                 missing, though the config names them: llama3\n')
    expect(stdout).toContain('\n                 not used, since the config does not name them: other\n')
    expect(stdout).toContain('\n  result         models are missing: llama3\n')
    expect(code).toBe(1)
  })

  it('refuses the key: 1, and is not shown it again', async () => {
    const simulator = await startSimulatorForTest({ apiKey: 'key-of-the-server' })
    const { code, stdout } = await probe('a', withBackends({ id: 'a', type: 'vllm', url: simulator.url, apiKey: 'key-of-the-test' }))
    expect(stdout).toContain('\n  result         the key is refused (401)\n')
    expect(stdout).not.toContain('key-of-the-test')
    expect(code).toBe(1)
    expect(simulator.seen.filter(({ headers }) => headers.authorization !== undefined).map(({ path }) => path)).toEqual(['/v1/models'])
  })

  it('is not there: 1', async () => {
    const simulator = await startSimulatorForTest()
    await simulator.setDown(true)
    expect(await probe('a', withBackends({ id: 'a', type: 'vllm', url: simulator.url }))).toEqual({
      code: 1,
      stdout: `a  ${simulator.url}  (type: vllm)\n  reachable      no: nobody listens there\n  result         not reachable: nobody listens there\n`,
      stderr: '',
    })
  })

  it('sends its key back: it is not printed, as text or as JSON', async () => {
    const server = await startScripted(({ headers }, response) => {
      const echo = String(headers.authorization ?? headers['x-token'] ?? '')
      answerJson(response, { data: [{ id: echo, owned_by: echo }], version: echo }, { 'x-echo': echo })
    })
    const backend = { id: 'a', type: 'vllm', url: server.url, apiKey: 'canary-key', headers: { 'x-token': 'canary-token' } }
    for (const options of [[], ['--json']]) {
      const { stdout, stderr } = await probe('a', withBackends(backend), ...options)
      expect(stdout).toContain('***')
      expect(stdout + stderr).not.toContain('canary')
    }
  })
})

describe('a redirect', () => {
  it('is told and not followed, so that the key goes nowhere else', async () => {
    const other = await startScripted((_, response) => answerJson(response, { data: [] }))
    const server = await startScripted((_, response) => void response.writeHead(307, { location: `${other.url}/v1/models` }).end())
    const backend = { id: 'a', type: 'vllm', url: server.url, apiKey: 'key-of-the-test' }
    const { code, stdout } = await probe('a', withBackends(backend))
    expect(stdout).toContain('\n  models         can’t tell: /v1/models answers 307\n')
    expect(stdout).toContain('(307, a redirect, not followed)')
    expect(code).toBe(1)
    expect(other.requests).toEqual([])
    expect(server.requests.length).toBeLessThanOrEqual(12)
  })
})

describe('an address that is in no config', () => {
  it('is asked without one: its type is guessed', async () => {
    const server = await startScripted(ollamaWith('qwen3:8b'))
    const { code, stdout } = await probe(server.url, undefined)
    expect(timeless(stdout)).toBe(`${server.url}
  reachable      yes, in N ms
  health         well (/api/version: 200)
  authenticated  not needed: it answers without a key
  models         1: qwen3:8b
  endpoints      present: chat, completion, embedding
  version        0.33.0
  looks like     Ollama (owned_by in its model list, answers /api/version)
  result         in order
`)
    expect(code).toBe(0)
    expect(asked(server)).toEqual([
      'GET /v1/models',
      'GET /api/version',
      'POST /v1/chat/completions',
      'POST /v1/completions',
      'POST /v1/embeddings',
    ])
  })

  it('with a password in it is bad usage: 2, and is not shown', async () => {
    expect(await probe('http://user:canary@127.0.0.1:1', undefined)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'jairouter check: the address of --probe holds a user name or password; give the key as apiKey, other credentials under headers\n',
    })
  })
})

describe('a cloud that checks its key', () => {
  const clouds = [
    ['anthropic', 'lists its models as Anthropic does', 'present: chat'],
    ['gemini', 'lists its models as Gemini does', 'present: chat, completion'],
    ['cohere', 'lists its models as Cohere does', 'present: chat'],
    ['openai', undefined, 'present: chat'],
  ] as const

  it.each(clouds)('%s takes the key, and is asked for no answer', async (type, because, present) => {
    const cloud = await startDouble(type)
    const { code, stdout } = await probe('a', withBackends({ id: 'a', type, url: cloud.url, apiKey: 'key-of-the-test' }))
    expect(stdout).toContain('\n  authenticated  yes, the key is accepted\n')
    expect(stdout).toContain('\n  models         1: m\n')
    expect(stdout).toContain(`\n  endpoints      ${present}\n`)
    if (because !== undefined) expect(stdout).toContain(`(${because})\n`)
    expect(stdout).not.toContain('warning')
    expect(code).toBe(0)
    expect(cloud.requests).toEqual([])
  })

  it.each(clouds)('%s says that there is none', async (type) => {
    const cloud = await startDouble(type)
    const { code, stdout } = await probe('a', withBackends({ id: 'a', type, url: cloud.url }))
    expect(stdout).toMatch(/\n {2}authenticated {2}no, it wants a key \(40[013]\), and none is given\n/)
    expect(code).toBe(1)
  })
})

describe('another JAiRouter', () => {
  it.each([
    ['with models', ['one']],
    ['without any', []],
  ])('is known %s, though it answers as Ollama, too', async (_, models) => {
    const simulator = await startSimulatorForTest({ models })
    const { url } = await startGateway(withBackends({ id: 'a', type: 'openai-compatible', url: simulator.url }))
    const { code, stdout } = await probe(url, undefined)
    expect(stdout).toMatch(/\n {2}looks like {5}JAiRouter \(/)
    expect(stdout).not.toContain('  version')
    expect(code).toBe(0)
  })
})

describe('--probe all', () => {
  it('asks one backend after the other, those that are enabled: 1 where one is not in order', async () => {
    const servers = [await startScripted(ollamaWith('a')), await startScripted(ollamaWith('b')), await startScripted(ollamaWith('c'))]
    const backends = servers.map(({ url }, index) => ({ id: `n${index}`, type: 'ollama', url, models: ['a'], enabled: index < 2 }))
    const { code, stdout } = await probe('all', withBackends(...backends))
    expect(stdout.match(/^\S.*$/gm)).toEqual([`n0  ${servers[0]?.url}  (type: ollama)`, `n1  ${servers[1]?.url}  (type: ollama)`])
    expect(stdout.match(/^ {2}result .*$/gm)).toEqual(['  result         in order', '  result         models are missing: a'])
    expect(code).toBe(1)
    expect(servers.map(({ requests }) => requests.length)).toEqual([5, 5, 0])
  })

  it('asks a disabled backend that is named', async () => {
    const server = await startScripted(ollamaWith('a'))
    expect((await probe('n', withBackends({ id: 'n', type: 'ollama', url: server.url, enabled: false }))).code).toBe(0)
  })

  it('finds none to ask: 1', async () => {
    expect(await probe('all', { backends: [] })).toEqual({ code: 1, stdout: 'The config has no backend to ask.\n', stderr: '' })
  })
})

describe('--json', () => {
  it('prints the reports as one document', async () => {
    const server = await startScripted(ollamaWith('a'))
    const backends = ['x', 'y'].map((id) => ({ id, type: 'ollama', url: server.url }))
    const { code, stdout } = await probe('all', withBackends(...backends), '--json')
    const report = (id: string) => ({
      id,
      type: 'ollama',
      url: server.url,
      ok: true,
      problems: [],
      warnings: [],
      reachable: { ok: true, ms: expect.any(Number) },
      health: { path: '/api/version', status: 200, verdict: 'ok' },
      authenticated: { verdict: 'not-needed', keyGiven: false },
      models: { count: 1, names: ['a'], missing: [], unnamed: [] },
      endpoints: ['chat', 'completion', 'embedding'].map((endpoint) => ({
        endpoint,
        path: expect.stringMatching(/^\/v1\//),
        verdict: 'present',
        status: 400,
      })),
      version: '0.33.0',
      guess: { server: 'Ollama', type: 'ollama', sure: true, because: ['owned_by in its model list', 'answers /api/version'] },
      requests: 5,
    })
    expect(JSON.parse(stdout)).toEqual({ backends: [report('x'), report('y')] })
    expect(code).toBe(0)
  })
})

describe('bad usage', () => {
  const config = withBackends(
    { id: 'gpu-1', type: 'vllm', url: 'http://127.0.0.1:9' },
    { id: 'tei', type: 'tei', url: 'http://127.0.0.1:9' },
  )

  it('a backend that is not there: 2, with the nearest name and all others', async () => {
    expect(await probe('gpu1', config)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'jairouter check: there is no backend "gpu1" in the config; did you mean "gpu-1"? (it has gpu-1, tei; an address begins with http://)\n',
    })
    expect((await probe('127.0.0.1:11434', config)).stderr).toBe(
      'jairouter check: there is no backend "127.0.0.1:11434" in the config (it has gpu-1, tei; an address begins with http://)\n',
    )
    expect((await probe('x', { backends: [] })).stderr).toContain('(it has none; an address begins with http://)')
    const many = withBackends(...Array.from({ length: 11 }, (_, index) => ({ id: `n${index}`, type: 'vllm', url: 'http://127.0.0.1:9' })))
    expect((await probe('x', many)).stderr).toContain('(it has n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, ...; an address')
  })

  it('no config, or one with a problem: 1, as without --probe', async () => {
    expect(await probe('a', undefined)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^There is no config file/) })
    expect(await probe('a', withBackends({ id: 'a', type: 'vlm', url: 'http://127.0.0.1:9' }))).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/unknown adapter "vlm"; did you mean "vllm"\?\n\n1 problem\n$/),
    })
  })
})

describe('the limits', () => {
  function pool() {
    const pools = createPools()
    onTestFinished(() => pools.destroy())
    return pools.open
  }
  const at = (port: number) => ({ ...STRANGER, backend: { ...STRANGER.backend, origin: `http://127.0.0.1:${port}` } })

  it('of each question end what takes the connection and says nothing, after two', async () => {
    const server = await startMute()
    const answers = await interview(pool(), at(server.port), { eachMs: 40, allMs: 60_000 })
    const silent = { kind: 'failed', reason: 'no answer within 40 ms', connected: true }
    expect(answers.map(({ outcome }) => outcome)).toEqual([silent, silent])
  })

  it('of all questions end the conversation', async () => {
    const server = await startMute()
    const answers = await interview(pool(), at(server.port), { eachMs: 60_000, allMs: 40 })
    expect(answers).toHaveLength(1)
    expect(answers[0]?.outcome).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^no answer within (?:[1-3]?\d|40) ms$/) })
  })

  it('let one question go out at a time', async () => {
    let [open, most] = [0, 0]
    const server = await startScripted(async (_, response) => {
      open += 1
      most = Math.max(most, open)
      await new Promise(setImmediate)
      open -= 1
      response.writeHead(400).end()
    })
    expect(await interview(pool(), at(server.port))).toHaveLength(12)
    expect(most).toBe(1)
  })
})

it('runs from the command line', { timeout: 30_000 }, async () => {
  const server = await startScripted(ollamaWith('a'))
  const cli = runCli(['check', '--probe', server.url], { cwd: await temporaryDirectory() })
  expect(await cli.exited()).toBe(0)
  expect(cli.stdout()).toMatch(/\n {2}result {9}in order\n$/)
  expect(cli.stderr()).toBe('')
})
