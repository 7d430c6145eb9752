import { describe, expect, it } from 'vitest'
import { loadConfig, type LoadResult } from './load.ts'
import { formatProblem } from './problem.ts'

const BACKEND = 'backends:\n  - { id: a, type: vllm, url: "http://a:8000" }\n'

/** Files by name; the first is the config, `overlay.yaml` is laid over it if it is there. */
function load(files: Record<string, string | Uint8Array>, env: Record<string, string> = {}): LoadResult {
  const [file = ''] = Object.keys(files)
  return loadConfig({
    file,
    overlay: 'overlay.yaml' in files ? 'overlay.yaml' : undefined,
    env,
    readFile(name) {
      const content = files[name]
      if (content === undefined) throw Object.assign(new Error(`ENOENT: ${name}`), { code: 'ENOENT' })
      return typeof content === 'string' ? Buffer.from(content) : content
    },
  })
}

function problemsOf(text: string | Uint8Array, env: Record<string, string> = {}): string[] {
  return textsOf(load({ 'j.yaml': text }, env))
}

function textsOf(result: LoadResult): string[] {
  return 'problems' in result ? result.problems.map((problem) => formatProblem(problem)) : []
}

function configOf(result: LoadResult) {
  if ('problems' in result) throw new Error(textsOf(result).join('\n'))
  return result.config
}

describe('a good file', () => {
  it('becomes a config with its defaults', () => {
    const config = configOf(load({ 'j.yaml': `${BACKEND}server: { port: 81, bodyLimit: 1mb, drain: { accept: 1s } }\n` }))
    expect(config.server).toEqual({
      host: '127.0.0.1',
      port: 81,
      bodyLimit: 1024 ** 2,
      trustedProxies: [],
      exposeRouting: true,
      heartbeat: 15_000,
      pictures: { fetch: true, allowPrivate: false, maxBytes: 20 * 1024 ** 2, timeout: 10_000 },
      responses: { ttl: 3_600_000, maxBytes: 64 * 1024 ** 2 },
      overload: { enabled: true, loopDelay: 200, connections: 20_000 },
      realtime: { idle: 300_000, maxConnections: 1_000 },
      drain: { accept: 1_000, grace: 600_000 },
    })
    expect(config.backends[0]).toMatchObject({ id: 'a', weight: 1, models: 'auto', refresh: 60_000 })
  })

  it('may begin with a byte order mark and hold nothing but comments', () => {
    expect(configOf(load({ 'j.yaml': '\uFEFF# nothing yet\n' }))).toMatchObject({ backends: [], auth: { mode: 'auto' } })
  })

  it('may leave keys without a value', () => {
    const config = configOf(load({ 'j.yaml': `${BACKEND}models:\n#  - name: x\nserver:\n  port:\n` }))
    expect(config.models).toEqual([])
    expect(config.server.port).toBe(8080)
  })

  it('keeps a null where the schema has one', () => {
    const text = 'adapters: { mine: { extends: vllm, rewrite: { chat: { defaults: { stop: null, top: ~ } } } } }'
    expect(configOf(load({ 'j.yaml': text })).adapters['mine']?.rewrite).toMatchObject({
      chat: { drop: [], rename: {}, defaults: { stop: null, top: null } },
    })
  })

  it('may use anchors, aliases and merge keys', () => {
    const text = `
backends:
  - &gpu { id: a, type: vllm, url: "http://a:8000", weight: 3, models: &list [m, n] }
  - { <<: *gpu, id: b, url: "http://b:8000" }
  - { id: c, type: ollama, url: "http://c", models: *list, <<: [{ weight: 5 }, { weight: 7, priority: 2 }] }
`
    const config = configOf(load({ 'j.yaml': text }))
    expect(config.backends.map(({ id, type, weight, priority, models }) => ({ id, type, weight, priority, models }))).toEqual([
      { id: 'a', type: 'vllm', weight: 3, priority: 1, models: ['m', 'n'] },
      { id: 'b', type: 'vllm', weight: 3, priority: 1, models: ['m', 'n'] },
      { id: 'c', type: 'ollama', weight: 5, priority: 2, models: ['m', 'n'] },
    ])
  })
})

describe('problems of the file as such', () => {
  it.each<[string, string | Uint8Array, string[]]>([
    ['nothing in it', '  \n', ['j.yaml: is empty']],
    ['not UTF-8', new Uint8Array([0x61, 0xff]), ['j.yaml: is not UTF-8 text']],
    ['too large', new Uint8Array(5 * 1024 ** 2 + 1), ['j.yaml: is larger than 5 MB']],
    ['a list', '- a\n', ['j.yaml:1:1: expected a mapping, got a list']],
    ['a text', 'hello\n', ['j.yaml:1:1: expected a mapping, got text']],
    ['two documents', 'server: {}\n---\nserver: {}\n', ['j.yaml:2:1: a second YAML document begins here; only one is read']],
    ['tab', 'server:\n\tport: 1\n', ['j.yaml:2:1: a tab is used as indentation; YAML wants spaces']],
    ['quote', 'server:\n  host: "a\n', ['j.yaml:3:1: not valid YAML: missing closing "quote']],
    ['tag', 'server: !secret { port: 1 }\n', ['j.yaml:1:9: not valid YAML: unresolved tag']],
    ['unknown alias', 'server: *a\n', ['j.yaml:1:9: server: no anchor of this name ends before this alias']],
    ['alias in itself', 'backends: &a [*a]\n', ['j.yaml:1:15: backends[0]: no anchor of this name ends before this alias']],
    ['bytes', 'server: { host: !!binary YQ== }\n', ['j.yaml:1:26: server.host: is neither text nor a number nor true or false']],
    ['merge of a text', 'server: { <<: x }\n', ['j.yaml:1:15: server: << takes a mapping, or a list of mappings']],
    ['__proto__', 'server: { __proto__: { port: 1 } }\n', ['j.yaml:1:11: server.__proto__: not a possible key']],
  ])('%s', (_name, text, problems) => {
    expect(problemsOf(text)).toEqual(problems)
  })

  it('says that there is no file', () => {
    expect(textsOf(loadConfig({ file: '/nonexistent/j.yaml', env: {} }))).toEqual(['/nonexistent/j.yaml: there is no such file'])
    expect(textsOf(loadConfig({ file: '/', env: {} }))).toEqual(['/: is a directory, not a file'])
  })

  it('shows where ${...} needs quotes', () => {
    expect(problemsOf('server: { port: ${PORT:-1} }\n')[0]).toMatch(
      /^j\.yaml:1:\d+: not valid YAML: .*; inside \{ \} and \[ \] write "\$\{\.\.\.\}" in quotes$/,
    )
  })

  it('names both places of a key that is given twice', () => {
    expect(problemsOf('server:\n  port: 1\n  host: a\n  port: 2\nserver: {}\n')).toEqual([
      'j.yaml:4:3: server.port: given twice; first on line 2',
      'j.yaml:5:1: server: given twice; first on line 1',
    ])
  })

  it('bounds nesting and what aliases become', () => {
    expect(problemsOf(`server: ${'['.repeat(100)}${']'.repeat(100)}`)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^j\.yaml:1:\d+: server(\[0\])+: nested more than 64 levels deep$/)]),
    )
    expect(problemsOf(`server: ${'['.repeat(200_000)}`)).toEqual(expect.arrayContaining([expect.stringContaining('j.yaml:')]))
    const levels = Array.from({ length: 9 }, (_, n) => `  l${n + 1}: &l${n + 1} [${`*l${n}, `.repeat(9)}]`).join('\n')
    expect(problemsOf(`adapters:\n  l0: &l0 [1]\n${levels}\n`)).toEqual([
      expect.stringMatching(/^j\.yaml:2:12: adapters\.l\d(\[\d\])+: too large once its aliases are written out$/),
    ])
  })

  it('does not quote the file where it is no YAML', () => {
    const texts = problemsOf('backends:\n - id: a\n   apiKey: "sk-canary" sk-canary-2\n   sk-canary-3\n}: sk-canary-4\n')
    expect(texts.length).toBeGreaterThan(0)
    expect(texts.join('\n')).not.toContain('canary')
  })
})

describe('problems of the schema', () => {
  it('come all at once, each with its place', () => {
    const text = `server:
  port: "8080"
  drain: { accept: 5, grace: 10mm }
  bodyLimit: 5
  trustedProxies: [x]
auth:
  mode: requird
  keys:
    - { name: ci, key: short, models: "*", expires: tomorrow }
backends:
  - id: gpu-1
    type: vllm
    url: ftp://x
    wieght: 3
    apiKey: 12345
    weight: 0
    priority: 1.5
    maxConcurrency: 0
    models:
      - { nmae: x }
      - 5
  - id: gpu 2
    models: all
    headers: { "a b": x }
modls: []
services: { chta: {} }
models:
  - { name: m, targets: [], hashKeys: [ip] }
adapters:
  c: { auth: { scheme: foo }, paths: { chat: x }, label: "" }
`
    expect(problemsOf(text)).toEqual([
      'j.yaml:2:9: server.port: expected a number, got text',
      'j.yaml:3:20: server.drain.accept: expected a duration such as 500ms, 30s, 5m or 1h, got a number without a unit',
      'j.yaml:3:30: server.drain.grace: expected a duration such as 500ms, 30s, 5m or 1h',
      'j.yaml:4:14: server.bodyLimit: expected a size such as 512kb, 32mb or 1gb, got a number without a unit',
      'j.yaml:5:20: server.trustedProxies[0]: expected an IPv4 range such as 10.0.0.0/8 or an IPv6 range such as fd00::/8 or an IPv4 address or an IPv6 address',
      'j.yaml:7:9: auth.mode: expected one of "auto", "required", "none"; did you mean "required"?',
      'j.yaml:9:24: auth.keys[0].key: expected at least 8 characters',
      'j.yaml:9:39: auth.keys[0].models: expected a list, got text',
      'j.yaml:9:53: auth.keys[0].expires: expected a time with its offset such as 2027-01-31T00:00:00Z',
      'j.yaml:13:10: backends[0].url: expected a URL such as http://10.0.0.5:8000',
      'j.yaml:14:5: backends[0].wieght: unknown key; did you mean "weight"?',
      'j.yaml:15:13: backends[0].apiKey: expected text, got a number; put it in quotes',
      'j.yaml:16:13: backends[0].weight: expected a number of more than 0',
      'j.yaml:17:15: backends[0].priority: expected a whole number, got another number',
      'j.yaml:18:21: backends[0].maxConcurrency: expected a number of at least 1',
      'j.yaml:20:9: backends[0].models[0].name: is required',
      'j.yaml:20:11: backends[0].models[0].nmae: unknown key; did you mean "name"?',
      'j.yaml:21:9: backends[0].models[1]: expected text or a mapping',
      'j.yaml:22:5: backends[1].type: is required',
      'j.yaml:22:9: backends[1].id: expected letters, digits, ".", "_" or "-", beginning with a letter or digit',
      'j.yaml:23:13: backends[1].models: expected "auto" or a list',
      'j.yaml:24:16: backends[1].headers["a b"]: expected a header name',
      'j.yaml:25:1: modls: unknown key; did you mean "models"?',
      'j.yaml:26:13: services.chta: unknown key; did you mean "chat"?',
      'j.yaml:28:25: models[0].targets: expected at least 1 item',
      'j.yaml:28:40: models[0].hashKeys[0]: expected user, prompt_cache_key, client-ip or header:NAME',
      'j.yaml:30:24: adapters.c.auth.scheme: expected one of "bearer", "header", "none"',
      'j.yaml:30:46: adapters.c.paths.chat: expected a path that begins with /',
      'j.yaml:30:58: adapters.c.label: expected at least 1 character',
    ])
  })

  it('lists the known keys where none is near', () => {
    expect(problemsOf('server:\n  drain: { zzz: 1 }\n')).toEqual(['j.yaml:2:12: server.drain.zzz: unknown key; known here: accept, grace'])
  })

  it('knows the keys of alternatives and of user-named parts', () => {
    expect(problemsOf('adapters: { x: { auth: { scheme: header, haeder: a }, rewrite: { chat: { rop: [] } } } }')).toEqual([
      'j.yaml:1:24: adapters.x.auth.header: is required',
      'j.yaml:1:42: adapters.x.auth.haeder: unknown key; did you mean "header"?',
      'j.yaml:1:74: adapters.x.rewrite.chat.rop: unknown key; did you mean "drop"?',
    ])
  })

  it('finds nothing known in what every object has', () => {
    expect(problemsOf('server: { constructor: 1 }\nadapters: { toString: { extends: vllm } }')).toEqual([
      'j.yaml:1:11: server.constructor: unknown key; known here: host, port, bodyLimit, trustedProxies, exposeRouting, heartbeat, responses, pictures, overload, realtime, drain',
    ])
  })

  it('points into the anchored part', () => {
    const text = 'backends:\n  - { id: a, type: vllm, health: &h { intervall: 1s } }\n  - { id: b, type: vllm, health: *h }\n'
    expect(problemsOf(text)).toEqual([
      'j.yaml:2:39: backends[0].health.intervall: unknown key; did you mean "interval"?',
      'j.yaml:2:39: backends[1].health.intervall: unknown key; did you mean "interval"?',
    ])
  })
})

describe('${...}', () => {
  it.each([
    ['plain number', 'server: \n  port: ${PORT:-8080}\n', {}, 8080],
    ['number from a variable', 'server:\n  port: ${PORT}\n', { PORT: '81' }, 81],
    ['quoted, where only a number fits', 'server: { port: "${PORT}" }', { PORT: '81' }, 81],
    ['nothing, so the default', 'server:\n  port: ${PORT:-}\n', {}, 8080],
  ])('%s', (_name, text, env, port) => {
    expect(configOf(load({ 'j.yaml': text }, env)).server.port).toBe(port)
  })

  it('leaves text as text where text is wanted', () => {
    const text = `backends:
  - { id: a, type: vllm, url: "http://\${HOST}:8000", apiKey: "\${KEY}" }
  - id: b
    type: vllm
    url: http://\${HOST}:8000
    apiKey: \${KEY}
    headers: { x-plain: "true\${NONE:-}" }
    enabled: \${ON}
`
    const config = configOf(load({ 'j.yaml': text }, { HOST: 'gpu', KEY: '123456789', ON: 'false' }))
    expect(config.backends).toMatchObject([
      { url: 'http://gpu:8000', apiKey: '123456789' },
      { url: 'http://gpu:8000', apiKey: '123456789', headers: { 'x-plain': 'true' }, enabled: false },
    ])
  })

  it('reads a plain one by the rules of YAML where anything may stand, a quoted one as text', () => {
    const text =
      'adapters:\n  x:\n    extends: vllm\n    rewrite:\n      chat:\n        defaults:\n          n: ${N}\n          b: ${B}\n          s: ${S}\n          quoted: "${N}"\n'
    expect(configOf(load({ 'j.yaml': text }, { N: '-7.5', B: 'True', S: 'text' })).adapters['x']?.rewrite?.chat?.defaults).toEqual({
      n: -7.5,
      b: true,
      s: 'text',
      quoted: '-7.5',
    })
  })

  it('leaves keys and comments alone', () => {
    expect(problemsOf('# ${NONE}\nserver: { "${KEY}": 1 } # ${NONE}\n', { KEY: 'port' })).toEqual([
      'j.yaml:2:11: server["${KEY}"]: unknown key; known here: host, port, bodyLimit, trustedProxies, exposeRouting, heartbeat, responses, pictures, overload, realtime, drain',
    ])
  })

  it('reports a variable that is not set, once, beside the other problems', () => {
    expect(problemsOf('auth: { keys: [{ name: ci, key: "${CI_KEY}" }] }\nserver:\n  host: ${HOST}\n  prot: 1\n')).toEqual([
      'j.yaml:1:33: auth.keys[0].key: environment variable CI_KEY is not set',
      'j.yaml:3:9: server.host: environment variable HOST is not set',
      'j.yaml:4:3: server.prot: unknown key; did you mean "port"?',
    ])
  })

  it('never shows a value', () => {
    const text = `server:
  port: \${CANARY}
  host: \${CANARY}
  bodyLimit: "\${CANARY}"
  trustedProxies: ["\${CANARY}", "10.0.0.0/\${CANARY}"]
  exposeRouting: \${CANARY}
auth:
  mode: \${CANARY}
  keys: [{ name: "a \${CANARY}", key: "\${SHORT}" , expires: "\${CANARY}" }, "\${CANARY}"]
log: { level: "\${CANARY}" }
backends:
  - { id: "-\${CANARY}", type: "\${CANARY}", url: "\${CANARY}", weight: "\${CANARY}", models: ["a \${CANARY}", { name: "\${CANARY} " }], refresh: "\${CANARY}" }
  - { id: b, models: "\${CANARY}", headers: "\${CANARY}" }
services: { chat: { balance: "\${CANARY}", hashKeys: ["\${CANARY}"], timeouts: "\${CANARY}" } }
adapters: { a: { auth: { scheme: "\${CANARY}" }, wire: "\${CANARY}", ports: ["\${CANARY}"], health: "\${CANARY}" } }
`
    const texts = problemsOf(text, { CANARY: 'requird-canary-5f1c', SHORT: '7canary' })
    expect(texts.length).toBeGreaterThan(20)
    expect(texts.join('\n')).not.toContain('canary')
  })
})

describe('an overlay', () => {
  const base = `server: { host: 10.0.0.1, port: 80, drain: { accept: 1s, grace: 2s } }
auth:
  keys: [{ name: ci, key: "\${CI_KEY}" }]
backends:
  - { id: a, type: vllm, url: "http://a:8000", weight: 3, models: [m, n] }
  - { id: b, type: vllm, url: "http://b:8000" }
`

  it('changes, adds and takes away', () => {
    const overlay = `server: { host: null, drain: { accept: 5s } }
auth: { keys: [{ name: ci, key: overlaid-key }] }
backends:
  - { id: c, type: ollama, url: "http://c" }
  - { id: a, weight: null, models: [o], enabled: false }
log: { level: warn }
`
    const config = configOf(load({ 'j.yaml': base, 'overlay.yaml': overlay }))
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 80, drain: { accept: 5_000, grace: 2_000 } })
    expect(config.auth.keys).toMatchObject([{ name: 'ci', key: 'overlaid-key' }])
    expect(config.log.level).toBe('warn')
    expect(config.backends.map(({ id, type, weight, enabled, models }) => ({ id, type, weight, enabled, models }))).toEqual([
      { id: 'a', type: 'vllm', weight: 1, enabled: false, models: ['o'] },
      { id: 'b', type: 'vllm', weight: 1, enabled: true, models: 'auto' },
      { id: 'c', type: 'ollama', weight: 1, enabled: true, models: 'auto' },
    ])
  })

  it('replaces a list whose items have no names, and empties one with []', () => {
    const config = configOf(
      load({
        'j.yaml': `${BACKEND}server: { trustedProxies: [10.0.0.1, 10.0.0.2] }`,
        'overlay.yaml': 'backends: []\nserver: { trustedProxies: [10.0.0.3] }',
      }),
    )
    expect(config.backends).toEqual([])
    expect(config.server.trustedProxies).toEqual(['10.0.0.3'])
  })

  it('of comments changes nothing; over a base of comments it is all there is', () => {
    expect(configOf(load({ 'j.yaml': BACKEND, 'overlay.yaml': '# soon\n' })).backends).toHaveLength(1)
    expect(configOf(load({ 'j.yaml': '# soon\n', 'overlay.yaml': BACKEND })).backends).toHaveLength(1)
  })

  it('lets each problem point into the file that it is in', () => {
    const overlay = 'server:\n  port: x\nbackends:\n  - id: a\n    wieght: 1\n  - id: d\n'
    expect(textsOf(load({ 'j.yaml': `${base}log: { level: x }\n`, 'overlay.yaml': overlay }))).toEqual([
      'j.yaml:3:27: auth.keys[0].key: environment variable CI_KEY is not set',
      'j.yaml:7:15: log.level: expected one of "trace", "debug", "info", "warn", "error", "fatal", "silent"',
      'overlay.yaml:2:9: server.port: expected a number, got text',
      'overlay.yaml:5:5: backends[0].wieght: unknown key; did you mean "weight"?',
      'overlay.yaml:6:5: backends[2].type: is required',
    ])
  })

  it('that is no YAML is reported beside a base that is none', () => {
    expect(textsOf(load({ 'j.yaml': 'a: "', 'overlay.yaml': '' }))).toEqual([
      'j.yaml:1:5: not valid YAML: missing closing "quote',
      'overlay.yaml: is empty',
    ])
  })
})

describe('toConfigProblem', () => {
  it('finds the place of what compile reports, or of the nearest part that is there', () => {
    const result = load({ 'j.yaml': `${BACKEND}` })
    if ('problems' in result) throw new Error('expected a config')
    const place = (...path: (string | number)[]) => formatProblem(result.toConfigProblem({ path, message: 'm' }))
    expect(place('backends', 0, 'url')).toBe('j.yaml:2:31: backends[0].url: m')
    expect(place('backends', 0, 'ca')).toBe('j.yaml:2:5: backends[0].ca: m')
    expect(place('server', 'host')).toBe('j.yaml:1:1: server.host: m')
  })

  it('puts ${NAME} where a message shows a value from the environment', () => {
    const result = load({ 'j.yaml': 'backends: [{ id: "${ID}", type: "x-${TYPE}" }]\n' }, { ID: 'id', TYPE: 'secret-type' })
    if ('problems' in result) throw new Error('expected a config')
    const { message } = result.toConfigProblem({ path: [], message: 'unknown "id" or "x-secret-type", secret-type and id' })
    expect(message).toBe('unknown "${ID}" or "x-${TYPE}", ${...} and id')
  })
})
