import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ConfigInput } from '@jairouter/contract/config'
import { ask, chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { listening, runCli, serveFile, temporaryDirectory, type Served } from '../support/run-cli.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

async function configFor(...names: string[]): Promise<ConfigInput> {
  const { url } = await startSimulatorForTest()
  return configOf(url, ...names)
}

function configOf(url: string, ...names: string[]): ConfigInput {
  return {
    server: { drain: { accept: '0ms', grace: '5s' } },
    backends: [
      { id: 'a', type: 'openai-compatible', url, models: names.map((as) => ({ name: 'sim-chat', as })), health: { interval: '1h' } },
    ],
  }
}

interface Ready {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function ready({ url }: Served): Promise<Ready> {
  const { status, text } = await ask(`${url}/health/ready`)
  const body: unknown = JSON.parse(text)
  return { status, body: typeof body === 'object' && body !== null ? { ...body } : {} }
}

async function reloads({ url }: Served): Promise<unknown> {
  const metrics = await readMetrics(url)
  return {
    ...metrics.series('jairouter_config_reloads_total'),
    successful: metrics.series('jairouter_config_last_reload_successful')[''],
  }
}

function statusOf(served: Served, model: string): Promise<number> {
  return chat(served.url, { model }).then(({ status }) => status)
}

describe('serve', () => {
  it('starts, says where it is, and answers', async () => {
    const served = await serveFile(await configFor('one'))
    expect(await ask(`${served.url}/health/live`)).toMatchObject({ status: 200, text: '{"status":"ok"}' })
    await eventually(async () =>
      expect(await ready(served)).toMatchObject({ status: 200, body: { status: 'ok', backends: { a: 'healthy' } } }),
    )
    expect(await statusOf(served, 'one')).toBe(200)
    await eventually(() => expect(served.stderr()).toMatch(/^No account exists yet\. Make the first one: http:\S+\n$/))
  })

  it('shows which config version is in force, and how its store is doing', async () => {
    const metrics = await readMetrics((await serveFile(await configFor('one'))).url)
    expect(metrics.series('jairouter_config_version')).toEqual({ '': 1 })
    expect(metrics.series('jairouter_store_operation_duration_seconds_count')['commit']).toBeGreaterThan(0)
    expect(metrics.series('jairouter_nodejs_heap_size_limit_bytes')['']).toBeGreaterThan(1e6)
  })

  it('is up although every backend is down, says why it is not ready, and heals by itself (L14)', async () => {
    const simulator = await startSimulatorForTest()
    await simulator.setDown(true)
    const config = configOf(simulator.url, 'one')
    const backends = (config.backends ?? []).map((backend) => ({ ...backend, health: { interval: '50ms', healthyAfter: 1 } }))
    const served = await serveFile({ ...config, backends })
    await eventually(async () => expect(await ready(served)).toMatchObject({ status: 503, body: { reason: 'no backend is healthy' } }))
    expect((await ask(`${served.url}/health/live`)).status).toBe(200)
    await simulator.setDown(false)
    await eventually(async () => expect((await ready(served)).status).toBe(200))
    expect(await statusOf(served, 'one')).toBe(200)
  })

  it('outlives an uncaught exception and an unhandled rejection: both are in the log (L10)', async () => {
    const slip = `process.on('SIGUSR2', () => { setImmediate(() => { throw new Error('slip one') }); Promise.reject(new Error('slip two')) })`
    const served = await serveFile(await configFor('one'), {
      nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(slip)}`],
    })
    served.kill('SIGUSR2')
    await eventually(() => {
      const text = served.stdout()
      expect(text).toContain('slip one')
      expect(text).toContain('slip two')
    })
    expect(await statusOf(served, 'one')).toBe(200)
  })
})

describe('a config file that is saved', () => {
  it('is in force without a restart', async () => {
    const config = await configFor('one')
    const served = await serveFile(config)
    expect([await statusOf(served, 'one'), await statusOf(served, 'two')]).toEqual([200, 404])
    const [backend] = config.backends ?? []
    await served.save(configOf(backend?.url ?? '', 'two'))
    await eventually(async () => expect(await statusOf(served, 'two')).toBe(200))
    expect(await statusOf(served, 'one')).toBe(404)
    expect(await reloads(served)).toEqual({ ok: 1, successful: 1 })
  })

  it('is seen also when it is written over, not renamed', async () => {
    const config = await configFor('one')
    const served = await serveFile(config)
    const [backend] = config.backends ?? []
    await writeFile(served.file, JSON.stringify(configOf(backend?.url ?? '', 'two')))
    await eventually(async () => expect(await statusOf(served, 'two')).toBe(200))
  })

  it('is read again at SIGHUP, changed or not', async () => {
    const served = await serveFile(await configFor('one'))
    served.kill('SIGHUP')
    await eventually(async () => expect(await reloads(served)).toEqual({ ok: 1, successful: 1 }))
    served.kill('SIGHUP')
    await eventually(async () => expect(await reloads(served)).toEqual({ ok: 2, successful: 1 }))
    expect(await statusOf(served, 'one')).toBe(200)
  })

  it('is laid under its overlay, and a change of the overlay is seen, too', async () => {
    const { url } = await startSimulatorForTest()
    const directory = await temporaryDirectory()
    const base = join(directory, 'jairouter.yaml')
    await writeFile(base, JSON.stringify({ ...configOf(url, 'one'), server: { port: 0, drain: { accept: '0ms', grace: '5s' } } }))
    const overlay = (name: string) =>
      writeFile(
        join(directory, 'jairouter.prod.yaml'),
        JSON.stringify({ models: [{ name, targets: [{ backend: 'a', model: 'sim-chat' }] }] }),
      )
    await overlay('first')
    const cli = runCli(['serve'], { cwd: directory, env: { JAIROUTER_ENV: 'prod' } })
    const at = await listening(cli)
    const status = async (model: string) => (await chat(at, { model })).status
    expect([await status('one'), await status('first')]).toEqual([200, 200])
    await overlay('second')
    await eventually(async () => expect(await status('second')).toBe(200))
    expect([await status('one'), await status('first')]).toEqual([200, 404])
  })
})

describe('a config file that is saved with a mistake (L5)', () => {
  const valid = { id: 'a', type: 'openai-compatible', url: 'http://127.0.0.1:9', models: ['m'] }
  const WRONG: Readonly<Record<string, { readonly text: string; readonly says: RegExp }>> = {
    'no YAML': { text: 'backends: [', says: /jairouter\.yaml:\d+:\d+: / },
    'an unknown key': {
      text: JSON.stringify({ backends: [{ ...valid, wieght: 3 }] }),
      says: /jairouter\.yaml:1:\d+: backends\[0\]\.wieght: .*did you mean "weight"/,
    },
    'an id twice': { text: JSON.stringify({ backends: [valid, valid] }), says: /jairouter\.yaml:1:\d+: backends\[1\]\.id: / },
    'a bad URL': {
      text: JSON.stringify({ backends: [{ ...valid, url: 'ftp://x' }] }),
      says: /jairouter\.yaml:1:\d+: backends\[0\]\.url: /,
    },
    'a variable that is not set': {
      text: JSON.stringify({ backends: [{ ...valid, apiKey: '${NOT_SET_ANYWHERE}' }] }),
      says: /jairouter\.yaml:1:\d+: backends\[0\]\.apiKey: .*NOT_SET_ANYWHERE/,
    },
    'a backend that is not there': {
      text: JSON.stringify({ backends: [valid], models: [{ name: 'm', targets: [{ backend: 'b' }] }] }),
      says: /jairouter\.yaml:1:\d+: models\[0\]\.targets\[0\]\.backend: unknown backend "b"/,
    },
  }

  it('changes nothing, whatever the mistake; it shows in log, readiness and metrics until it is mended', async () => {
    const config = await configFor('one')
    const served = await serveFile(config)
    let count = 0
    for (const [name, { text, says }] of Object.entries(WRONG)) {
      count += 1
      await served.save(text)
      await eventually(async () => expect(await reloads(served), name).toEqual({ invalid: count, successful: 0 }))
      const { status, body } = await ready(served)
      expect({ status, body }, name).toMatchObject({
        status: 200,
        body: { config: { valid: false, problems: [expect.stringMatching(says)] } },
      })
      await eventually(() => {
        const logged = served.log().filter(({ level }) => level === 50)
        expect(logged, name).toHaveLength(count)
        expect(logged.at(-1), name).toMatchObject({ problems: [expect.stringMatching(says)] })
      })
      expect(await statusOf(served, 'one'), name).toBe(200)
    }
    await served.save(config)
    await eventually(async () => expect(await reloads(served)).toEqual({ invalid: count, ok: 1, successful: 1 }))
    expect(await ready(served)).toMatchObject({ status: 200, body: { config: { valid: true, problems: [] } } })
  })

  it('shows also at SIGHUP, once for each', async () => {
    const served = await serveFile(await configFor('one'))
    await served.save('backends: 7')
    await eventually(async () => expect(await reloads(served)).toEqual({ invalid: 1, successful: 0 }))
    served.kill('SIGHUP')
    await eventually(async () => expect(await reloads(served)).toEqual({ invalid: 2, successful: 0 }))
    expect(await statusOf(served, 'one')).toBe(200)
  })

  it('does not show what came from the environment', async () => {
    const served = await serveFile(await configFor('one'), { cwd: await temporaryDirectory(), env: { SECRET_KEY: 'x'.repeat(7) } })
    await served.save(JSON.stringify({ auth: { keys: [{ name: 'k', key: '${SECRET_KEY}' }] }, backends: [valid] }))
    await eventually(async () => expect(await reloads(served)).toEqual({ invalid: 1, successful: 0 }))
    expect(`${served.stdout()}${served.stderr()}${JSON.stringify(await ready(served))}`).not.toContain('xxxxxxx')
  })
})
