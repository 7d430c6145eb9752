import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import type { DiscoveredModel } from '../adapters/model-list.ts'
import { compile } from './compile.ts'
import { formatPath } from './problem.ts'
import type { Route, Snapshot } from './snapshot.ts'

interface Extra {
  readonly catalog?: Record<string, readonly DiscoveredModel[]>
  readonly certificates?: Record<string, string>
}

function run(input: ConfigInput, { catalog = {}, certificates = {} }: Extra = {}) {
  return compile(configSchema.parse(input), new Map(Object.entries(catalog)), {
    generation: 7,
    certificates: new Map(Object.entries(certificates)),
  })
}

function snapshotOf(input: ConfigInput, extra?: Extra): Snapshot {
  const result = run(input, extra)
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return result.snapshot
}

function problemsOf(input: ConfigInput, extra?: Extra): string[] {
  const result = run(input, extra)
  return 'problems' in result ? result.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`) : []
}

/** `service name` → `instance weight/priority`, ... */
function routesOf(snapshot: Snapshot): Record<string, string[]> {
  const show = ({ instances }: Route) => instances.map(({ id, weight, priority }) => `${id} ${weight}/${priority}`)
  return Object.fromEntries(
    [...snapshot.routes].flatMap(([service, names]) => [...names].map(([name, route]) => [`${service} ${name}`, show(route)])),
  )
}

const found = (id: string, more: Partial<DiscoveredModel> = {}): DiscoveredModel => ({ id, created: 0, ownedBy: 'vllm', ...more })
const A = { id: 'a', type: 'vllm', url: 'http://a:8000' }
const B = { id: 'b', type: 'vllm', url: 'http://b:8000' }
/** Chat and nothing else. */
const chatOnly = { paths: { chat: '/chat' }, models: { paths: ['/models'], shape: 'list' as const } }

describe('settings', () => {
  it('of an empty config', () => {
    expect(snapshotOf({})).toEqual({
      generation: 7,
      audit: { keepMs: 7_776_000_000, maxEntries: 1_000_000 },
      alerts: { everyMs: 15_000, rules: expect.any(Array), receivers: new Map() },
      history: {
        enabled: true,
        keepMs: 2_592_000_000,
        maximumRows: 1_000_000,
        buffer: 20_000,
        keepUsageMs: 63_072_000_000,
        startingPrices: true,
        content: { keepMs: 86_400_000, readers: ['admin'] },
      },
      network: { privateAddresses: true },
      server: {
        host: '127.0.0.1',
        port: 8080,
        bodyLimit: 32 * 1024 ** 2,
        trustedProxies: [],
        exposeRouting: true,
        heartbeatMs: 15_000,
        pictures: { fetch: true, allowPrivate: false, maximumBytes: 20 * 1024 ** 2, timeoutMs: 10_000 },
        responses: { ttlMs: 3_600_000, maximumBytes: 64 * 1024 ** 2 },
        overload: { enabled: true, loopDelayMs: 200, connections: 20_000 },
        realtime: { idleMs: 300_000, maxConnections: 1_000 },
        drain: { acceptMs: 5_000, graceMs: 600_000 },
      },
      accounts: {
        sessions: { accessMs: 900_000, refreshMs: 604_800_000, absoluteMs: 2_592_000_000 },
        tokens: { algorithm: 'HS256' },
        oidc: new Map(),
      },
      admin: { enabled: true, hosts: [], bodyLimit: 4 * 1024 ** 2 },
      auth: { mode: 'open', keys: new Map(), failures: { limit: 10, windowMs: 60_000 } },
      store: { type: 'sqlite', path: './data' },
      log: { level: 'info', sample: 1 },
      tracing: undefined,
      explain: {
        sample: 0.01,
        keep: 2_000,
        maximumBytes: 16 * 1024 ** 2,
      },
      backends: new Map(),
      routes: new Map(),
      models: [],
      contentRules: new Map(),
      undiscovered: [],
      prices: {},
    })
  })

  it('of a backend', () => {
    const snapshot = snapshotOf(
      {
        backends: [
          {
            ...A,
            url: 'HTTPS://Gpu.example.com:443/proxy/a/',
            apiKey: 'k',
            headers: { 'X-Org': 'o' },
            maxConcurrency: 4,
            ca: 'ca.pem',
            refresh: '1m',
            health: { interval: '5s', unhealthyAfter: 1 },
          },
          { id: 'cloud', type: 'openai', apiKey: '', models: ['gpt'] },
        ],
      },
      { certificates: { 'ca.pem': '-----BEGIN CERTIFICATE-----\n' } },
    )
    const { adapter, ...backend } = snapshot.backends.get('a') ?? { adapter: undefined }
    expect(adapter?.id).toBe('vllm')
    expect(backend).toEqual({
      id: 'a',
      breaker: {},
      limits: [],
      origin: 'https://gpu.example.com',
      basePath: '/proxy/a',
      apiKey: 'k',
      headers: { 'X-Org': 'o' },
      keepAlive: true,
      maxConcurrency: 4,
      ca: '-----BEGIN CERTIFICATE-----\n',
      discover: true,
      refreshMs: 60_000,
      health: { enabled: true, intervalMs: 5_000, timeoutMs: 2_000, unhealthyAfter: 1, healthyAfter: 2 },
    })
    const cloud = snapshot.backends.get('cloud')
    expect(cloud).toMatchObject({ origin: 'https://api.openai.com', basePath: '', discover: false })
    expect(cloud).not.toHaveProperty('apiKey')
  })

  it('of the store, whose url goes with postgres alone', () => {
    const url = 'postgres://jairouter:secret@db.example.com/jairouter'
    expect(snapshotOf({ store: { type: 'postgres', url } }).store).toEqual({ type: 'postgres', path: './data', url })
    expect(problemsOf({ store: { type: 'postgres' } })).toEqual([
      'store: needs a url, since its type is postgres: postgres://user:password@host:port/database',
    ])
    expect(problemsOf({ store: { type: 'file', url } })).toEqual(['store.url: goes with type: postgres alone, and the type is file'])
  })

  it('uses the adapters of the config', () => {
    const snapshot = snapshotOf({ adapters: { mine: { ...chatOnly, url: 'http://m' } }, backends: [{ id: 'm', type: 'mine' }] })
    expect(snapshot.backends.get('m')).toMatchObject({ origin: 'http://m', adapter: { id: 'mine' }, discover: true })
  })

  it('is frozen, and plain enough to go to another thread', () => {
    const snapshot = snapshotOf({ backends: [{ ...A, models: ['m'] }] })
    const route = snapshot.routes.get('chat')?.get('m')
    for (const part of [
      snapshot,
      snapshot.server,
      snapshot.server.drain,
      snapshot.auth,
      snapshot.store,
      snapshot.models,
      snapshot.undiscovered,
    ]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    for (const part of [route, route?.instances, route?.instances[0], route?.policy, route?.policy.timeouts, snapshot.backends.get('a')]) {
      expect(part).toBeDefined()
      expect(Object.isFrozen(part)).toBe(true)
    }
    expect(structuredClone(snapshot)).toEqual(snapshot)
  })
})

const BREAKER = {
  enabled: true,
  consecutive: 5,
  failureRate: 0.5,
  minimum: 20,
  windowMs: 30_000,
  openForMs: 5_000,
  maxOpenForMs: 30_000,
  probes: 1,
  successes: 3,
}

describe('policies', () => {
  it.each([
    { breaker: { window: '0s' } },
    { breaker: { openFor: '0s' } },
    { breaker: { maxOpenFor: '600h' } },
    { retry: { maxWait: '600h' } },
    { limits: [{ algorithm: 'sliding-window', limit: 1, window: '0s' }] },
    { limits: [{ algorithm: 'warm-up', rate: '1/s', warmUp: '0s' }] },
  ] satisfies ConfigInput['defaults'][])('may not say %j', (defaults) => {
    expect(() => policyOf({ backends: [{ ...A, models: ['m'] }], defaults }, 'chat', 'm')).toThrow('expected a duration from')
  })

  const policyOf = (input: ConfigInput, service: 'chat' | 'embedding', name: string) =>
    snapshotOf(input).routes.get(service)?.get(name)?.policy

  it('are built in', () => {
    expect(policyOf({ backends: [{ ...A, models: ['m'] }] }, 'chat', 'm')).toEqual({
      balance: 'least-connections',
      hashKeys: ['prompt_cache_key', 'user', 'client-ip'],
      timeouts: { connect: 3_000, response: 120_000, firstToken: 60_000, idle: 60_000, total: 1_800_000 },
      retry: { attempts: 3, budget: 0.2, maxWaitMs: 5_000, resume: false },
      breaker: BREAKER,
      slowStartMs: 30_000,
      queue: { size: 1_000, timeoutMs: 30_000 },
      hedge: undefined,
      fallback: [],
      cache: undefined,
      slow: { totalMs: 30_000, firstTokenMs: 10_000, betweenTokensMs: 10_000 },
      emitReasoning: 'as-is',
    })
  })

  it('are the nearest, each setting for itself: model, service, defaults', () => {
    const input: ConfigInput = {
      backends: [{ ...A, models: ['m', 'n'] }],
      defaults: { balance: 'random', timeouts: { connect: '1s', idle: '1s', total: '1s' }, slowStart: '1s', retry: { attempts: 4 } },
      services: {
        chat: {
          balance: 'round-robin',
          emitReasoning: 'none',
          timeouts: { idle: '2s', total: '2s' },
          slowStart: '0s',
          retry: { budget: 0.5 },
          breaker: { consecutive: 7 },
        },
      },
      models: [
        {
          name: 'n',
          targets: [{ backend: 'a' }],
          balance: 'ip-hash',
          hashKeys: ['user'],
          timeouts: { total: '3s' },
          retry: { maxWait: '1s' },
          breaker: { openFor: '9s' },
          emitReasoning: 'both',
        },
      ],
    }
    expect(policyOf(input, 'chat', 'n')).toEqual({
      balance: 'ip-hash',
      hashKeys: ['user'],
      timeouts: { connect: 1_000, response: 120_000, firstToken: 60_000, idle: 2_000, total: 3_000 },
      retry: { attempts: 4, budget: 0.5, maxWaitMs: 1_000, resume: false },
      breaker: { ...BREAKER, consecutive: 7, openForMs: 9_000 },
      slowStartMs: 0,
      queue: { size: 1_000, timeoutMs: 30_000 },
      hedge: undefined,
      fallback: [],
      cache: undefined,
      slow: { totalMs: 30_000, firstTokenMs: 10_000, betweenTokensMs: 10_000 },
      emitReasoning: 'both',
    })
    expect(policyOf(input, 'chat', 'm')).toMatchObject({ balance: 'round-robin', timeouts: { total: 2_000 }, emitReasoning: 'none' })
    expect(policyOf(input, 'embedding', 'n')).toMatchObject({ balance: 'random', slowStartMs: 1_000, emitReasoning: 'as-is' })
  })
})

describe('routes', () => {
  it('come from listed models, for all that the adapter can do or for the services that are named', () => {
    const snapshot = snapshotOf({
      adapters: { both: { ...chatOnly, paths: { chat: '/c', completion: '/co', rerank: '/r' } } },
      backends: [
        {
          id: 'a',
          type: 'both',
          url: 'http://a',
          weight: 3,
          priority: 2,
          models: ['m', { name: 'up', as: 'public', services: ['rerank'], weight: 5, priority: 1 }],
        },
      ],
    })
    expect(routesOf(snapshot)).toEqual({ 'chat m': ['a/m 3/2'], 'rerank m': ['a/m 3/2'], 'rerank public': ['a/up 5/1'] })
    expect(snapshot.routes.get('rerank')?.get('public')).toMatchObject({ service: 'rerank', model: 'public', instances: [{ model: 'up' }] })
    expect(snapshot.undiscovered).toEqual([])
  })

  it('come from discovered models, for what discovery and adapter agree on', () => {
    const snapshot = snapshotOf(
      {
        adapters: { mine: { ...chatOnly, paths: { chat: '/c', embedding: '/e' } } },
        backends: [
          { id: 'a', type: 'mine', url: 'http://a' },
          { id: 'b', type: 'mine', url: 'http://b' },
          { id: 'c', type: 'mine', url: 'http://c' },
        ],
      },
      { catalog: { a: [found('any'), found('e', { services: ['embedding', 'tts'] }), found('none', { services: [] })], b: [] } },
    )
    expect(routesOf(snapshot)).toEqual({ 'chat any': ['a/any 1/1'], 'embedding any': ['a/any 1/1'], 'embedding e': ['a/e 1/1'] })
    expect(snapshot.undiscovered).toEqual(['c'])
  })

  it('join under one name, from several backends and from one', () => {
    const snapshot = snapshotOf(
      {
        adapters: { mine: chatOnly },
        backends: [
          {
            id: 'a',
            type: 'mine',
            url: 'http://a',
            models: [
              { name: 'x', as: 'm' },
              { name: 'y', as: 'm' },
            ],
          },
          { id: 'b', type: 'mine', url: 'http://b' },
        ],
      },
      { catalog: { b: [found('m')] } },
    )
    expect(routesOf(snapshot)).toEqual({ 'chat m': ['a/x 1/1', 'a/y 1/1', 'b/m 1/1'] })
  })

  it('of a model entry replace what stood under its names, for its service only', () => {
    const snapshot = snapshotOf({
      backends: [
        {
          ...A,
          weight: 2,
          models: [
            { name: 'm', services: ['chat', 'embedding'] },
            { name: 'gpt', services: ['chat'] },
          ],
        },
        { ...B, priority: 3, models: [{ name: 'm', services: ['chat'] }] },
      ],
      models: [
        {
          name: 'm',
          aliases: ['gpt', 'best'],
          targets: [
            { backend: 'b', model: 'big', weight: 9 },
            { backend: 'a', priority: 2 },
          ],
        },
      ],
    })
    const targets = ['b/big 9/3', 'a/m 2/2']
    expect(routesOf(snapshot)).toEqual({ 'chat m': targets, 'chat gpt': targets, 'chat best': targets, 'embedding m': ['a/m 2/1'] })
    const chat = snapshot.routes.get('chat')
    expect(chat?.get('best')).toBe(chat?.get('m'))
    expect(chat?.get('best')?.model).toBe('m')
  })

  it('may have one name in several services', () => {
    const targets = [{ backend: 'a' }]
    const snapshot = snapshotOf({
      backends: [A],
      models: [
        { name: 'm', targets },
        { name: 'm', service: 'embedding', targets },
      ],
    })
    expect(routesOf(snapshot)).toEqual({ 'chat m': ['a/m 1/1'], 'embedding m': ['a/m 1/1'] })
  })

  it('stay without instances where a backend is disabled: 503 and not 404', () => {
    const snapshot = snapshotOf({
      adapters: { mine: chatOnly },
      backends: [
        { id: 'a', type: 'mine', url: 'http://a', enabled: false, models: ['m', 'n'] },
        { id: 'b', type: 'mine', url: 'http://b', models: ['n'] },
      ],
      models: [{ name: 'o', targets: [{ backend: 'a' }] }],
    })
    expect(routesOf(snapshot)).toEqual({ 'chat m': [], 'chat n': ['b/n 1/1'], 'chat o': [] })
    expect([...snapshot.backends.keys()]).toEqual(['b'])
    expect(snapshot.models.map(({ id }) => id)).toEqual(['n'])
  })

  it('do not wait for a disabled backend', () => {
    expect(snapshotOf({ backends: [{ ...A, enabled: false }] }).undiscovered).toEqual([])
  })
})

describe('public models', () => {
  it('are each name and alias once, sorted, with all its services', () => {
    const snapshot = snapshotOf(
      {
        backends: [
          A,
          {
            ...B,
            models: [
              { name: 'é', services: ['chat'] },
              { name: 'B', services: ['rerank'] },
              { name: 'x', services: ['chat'] },
            ],
          },
        ],
        models: [
          {
            name: 'smart',
            aliases: ['gpt'],
            targets: [
              { backend: 'b', model: 'x' },
              { backend: 'a', model: 'x' },
            ],
          },
        ],
      },
      {
        catalog: { a: [found('x', { services: ['embedding', 'chat'], created: 5, ownedBy: 'me' }), found('a/b', { services: ['chat'] })] },
      },
    )
    expect(snapshot.models).toEqual([
      { id: 'B', created: 0, ownedBy: 'vllm', services: ['rerank'] },
      { id: 'a/b', created: 0, ownedBy: 'vllm', services: ['chat'] },
      { id: 'gpt', created: 5, ownedBy: 'me', services: ['chat'] },
      { id: 'smart', created: 5, ownedBy: 'me', services: ['chat'] },
      { id: 'x', created: 5, ownedBy: 'me', services: ['chat', 'embedding'] },
      { id: 'é', created: 0, ownedBy: 'vllm', services: ['chat'] },
    ])
  })
})

describe('problems', () => {
  it('of names', () => {
    const targets = [{ backend: 'a' }]
    expect(
      problemsOf({
        backends: [A, { ...B, id: 'a' }, { ...B, type: 'vlm' }, { ...B, id: 'c', models: ['m', 'n', 'm', { name: 'm', as: 'o' }] }],
        models: [
          { name: 'm', aliases: ['x'], targets },
          { name: 'x', targets },
          { name: 'y', aliases: ['y', 'm'], targets: [{ backend: 'aa' }, { backend: 'gpu' }, { backend: 'b' }] },
          { name: 'm', service: 'embedding', targets },
          { name: 'z', targets: [{ backend: 'a' }, { backend: 'a', model: 'z', weight: 2 }] },
        ],
      }),
    ).toEqual([
      'backends[1].id: "a" is already the id of backends[0]',
      'backends[2].type: unknown adapter "vlm"; did you mean "vllm"?',
      'backends[3].models[2]: "m" is in the list twice',
      'models[1].name: "x" is already a name of models[0] for chat',
      'models[2].targets[0].backend: unknown backend "aa"; did you mean "a"?',
      'models[2].targets[1].backend: unknown backend "gpu"',
      'models[2].aliases[0]: "y" is already a name of models[2] for chat',
      'models[2].aliases[1]: "m" is already a name of models[0] for chat',
      'models[4].targets[1]: names the same model of the same backend as models[4].targets[0]',
    ])
  })

  it('of services that an adapter has no endpoint for', () => {
    expect(
      problemsOf({
        backends: [{ id: 'a', type: 'tei', url: 'http://a', models: [{ name: 'm', services: ['embedding', 'chat'] }] }],
        models: [{ name: 'x', targets: [{ backend: 'a' }] }],
      }),
    ).toEqual([
      'backends[0].models[0].services[1]: adapter "tei" has no endpoint for chat',
      'models[0].targets[0].backend: "a": adapter "tei" has no endpoint for chat',
    ])
  })

  it('of what a backend lacks', () => {
    expect(
      problemsOf({
        backends: [
          { id: 'a', type: 'vllm' },
          { id: 'b', type: 'azure-openai', url: 'http://b' },
          { id: 'c', type: 'azure-openai', url: 'http://c' },
          { id: 'd', type: 'azure-openai', url: 'http://d', enabled: false, models: ['m'] },
        ],
        models: [{ name: 'x', targets: [{ backend: 'c' }] }],
      }),
    ).toEqual([
      'backends[0]: needs a url: adapter "vllm" has no public address of its own',
      'backends[1]: needs its models in a list: adapter "azure-openai" cannot ask for them',
    ])
  })

  it('of certificates, headers and keys', () => {
    const ca = 'ca.pem'
    expect(
      problemsOf(
        {
          backends: [
            { ...A, ca },
            { ...B, ca: 'other.pem', apiKey: 'canary\n', headers: { Host: 'x', 'x-a': 'canary\r\nx: y', 'x-b': 'é' } },
          ],
        },
        { certificates: { 'other.pem': 'canary' } },
      ),
    ).toEqual([
      'backends[0].ca: cannot be read: expected the path of a PEM file',
      'backends[1].headers.Host: is set by the gateway itself',
      'backends[1].headers.x-a: holds a character that no header can carry (a line end, perhaps)',
      'backends[1].apiKey: holds a character that no header can carry (a line end, perhaps)',
      'backends[1].ca: holds no certificate: expected a PEM file',
    ])
  })

  it('of adapters, where they stand and not again where they are used', () => {
    expect(
      problemsOf({
        adapters: { mine: { extends: 'vlm' } },
        backends: [{ id: 'a', type: 'mine', url: 'http://a' }],
        models: [{ name: 'm', targets: [{ backend: 'a' }] }],
      }),
    ).toEqual(['adapters.mine.extends: unknown adapter "vlm"; did you mean "vllm"?'])
  })

  it('of durations and sizes', () => {
    expect(
      problemsOf({
        server: { bodyLimit: '0b', realtime: { idle: '0s' }, drain: { accept: '0s', grace: '597h' } },
        backends: [{ ...A, refresh: '0s', health: { interval: '9ms', timeout: '0ms' } }],
        defaults: { timeouts: { connect: '0s', total: '596h' }, slowStart: '0s' },
        services: { rerank: { timeouts: { idle: '999h' } } },
        models: [{ name: 'm', targets: [{ backend: 'a' }], slowStart: '600h' }],
      }),
    ).toEqual([
      'server.drain.grace: expected a duration from 0ms to 596h',
      'server.realtime.idle: expected a duration from 1ms to 596h',
      'backends[0].refresh: expected a duration from 10ms to 596h',
      'backends[0].health.interval: expected a duration from 10ms to 596h',
      'backends[0].health.timeout: expected a duration from 1ms to 596h',
      'defaults.timeouts.connect: expected a duration from 1ms to 596h',
      'services.rerank.timeouts.idle: expected a duration from 1ms to 596h',
      'models[0].slowStart: expected a duration from 0ms to 596h',
      'server.bodyLimit: expected a size from 1b up',
    ])
  })
})

describe('admin.port', () => {
  const compiled = (config: ConfigInput) => compile(configSchema.parse(config), new Map(), { generation: 1 })

  it('is another one than server.port', () => {
    expect(compiled({ server: { port: 9_000 }, admin: { port: 9_000 } })).toMatchObject({ problems: [{ path: ['admin', 'port'] }] })
    expect(compiled({ server: { port: 0 }, admin: { port: 0 } })).toHaveProperty('snapshot')
  })

  it('is no address of a backend', () => {
    const backends = [{ id: 'b', type: 'vllm', url: 'http://127.0.0.1:9001', models: ['m'] }]
    expect(compiled({ admin: { port: 9_001 }, backends })).toMatchObject({
      problems: [{ path: ['backends', 0, 'url'], message: expect.stringContaining('admin.port is 9001') }],
    })
    expect(compiled({ admin: { port: 9_002 }, backends })).toHaveProperty('snapshot')
  })
})
