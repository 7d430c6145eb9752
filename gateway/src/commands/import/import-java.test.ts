import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { importCommand } from './command.ts'
import { importJava } from './import-java.ts'

const JAVA = `
server.port: 8081
jairouter:
  security:
    api-key:
      keys:
        - keyId: app one
          key-value: sk-canary-1234567890
          permissions: [chat, img-gen]
          rateLimitPerMinute: 60
          daily-token-limit: 9
          expires-at: 2027-01-31T00:00:00
    jwt:
      secret: canary-secret-of-java
model:
  adapter: gpustack
  load-balance: { type: round-robin, virtual-nodes: 150 }
  rate-limit: { enabled: true, algorithm: sliding-window, rate: 50, scope: model, client-ip-enable: true }
  circuit-breaker: { failureThreshold: 7, timeout: 10000, successThreshold: 2 }
  fallback: { enabled: true, strategy: default }
  services:
    chat:
      load-balance: { type: weighted }
      instances:
        - name: qwen3
          base-url: http://10.0.0.1:9090/
          path: /openai/v1/chat/completions
          weight: 3
          headers: { Authorization: "Bearer \${gpu.token:none}", X-Team: a }
        - name: claude
          base-url: https://api.anthropic.com
          path: /v1/messages
          adapter: claude
          headers: { x-api-key: "\${CLAUDE_KEY}" }
    embedding:
      rate-limit: { enabled: false, rate: 1 }
      instances:
        - name: bge
          base-url: http://10.0.0.1:9090
          path: /openai/v1/embeddings
          headers: { Authorization: "Bearer \${gpu.token:none}", X-Team: a }
    imgGen:
      instances:
        - { name: sd, base-url: "http://10.0.0.3", path: /draw, status: INACTIVE, adapter: Own }
        - { name: lost, base-url: "http://10.0.0.4", adapter: nobody }
adapter-definitions:
  own:
    type: extend
    parent: localai
    auth: { header-name: X-Token }
    capabilities: { chat: true }
`

describe('the config of a Java JAiRouter', () => {
  test('becomes a config of ours', () => {
    expect(parse(importJava(JAVA).yaml)).toEqual({
      server: { port: 8081 },
      auth: {
        keys: [
          {
            name: 'app-one',
            key: 'sk-canary-1234567890',
            limits: [{ algorithm: 'token-bucket', rate: '60/m' }],
            expires: '2027-01-31T00:00:00.000Z',
            services: ['chat', 'image'],
          },
        ],
      },
      adapters: { own: { extends: 'localai', auth: { scheme: 'header', header: 'x-token' } } },
      backends: [
        {
          id: '10-0-0-1-9090-openai',
          type: 'gpustack',
          url: 'http://10.0.0.1:9090/openai',
          apiKey: '${GPU_TOKEN:-none}',
          headers: { 'X-Team': 'a' },
          models: [
            { name: 'qwen3', services: ['chat'], weight: 3 },
            { name: 'bge', services: ['embedding'] },
          ],
        },
        {
          id: 'api-anthropic-com',
          type: 'anthropic',
          url: 'https://api.anthropic.com',
          apiKey: '${CLAUDE_KEY}',
          models: [{ name: 'claude', services: ['chat'] }],
        },
        { id: '10-0-0-3', type: 'own', url: 'http://10.0.0.3', enabled: false, models: [{ name: 'sd', services: ['image'] }] },
      ],
      defaults: {
        balance: 'round-robin',
        limits: [
          { algorithm: 'sliding-window', limit: 50, window: '1s', by: 'model' },
          { algorithm: 'sliding-window', limit: 50, window: '1s', by: 'client-ip' },
        ],
        breaker: { consecutive: 7, openFor: '10000ms', maxOpenFor: '30000ms', successes: 2 },
      },
    })
  })

  test('every setting is spoken of once, in the order of its lines, without its value', () => {
    const { lines } = importJava(JAVA)
    const told = Object.fromEntries(lines.map(({ path, to, note }) => [path, to ?? `left out: ${note}`]))
    expect(lines.length).toBe(Object.keys(told).length)
    expect(lines.map(({ line }) => line)).toEqual(lines.map(({ line }) => line).toSorted((a, b) => a - b))
    expect(told['jairouter.security.jwt.secret']).toMatch(/^left out: /)
    expect(told['jairouter.security.api-key.keys[0].daily-token-limit']).toMatch(/^left out: make a budget/)
    expect(told['model.services.chat.load-balance.type']).toMatch(/^left out: there is no balancer/)
    expect(told['model.services.embedding.rate-limit.rate']).toBe('left out: it is not enabled')
    expect(told['model.services.imgGen.instances[0].path']).toMatch(/^left out: the adapter knows/)
    expect(told['model.services.imgGen.instances[1].name']).toBe('left out: there is no adapter of that name')
    expect(told['adapter-definitions.own.capabilities.chat']).toMatch(/^left out: /)
    expect(JSON.stringify(lines)).not.toContain('canary')
  })

  test('a security that is off, and an algorithm and a type that nobody knows', () => {
    const { yaml, lines } = importJava(
      'jairouter.security.enabled: false\nmodel: { rate-limit: { enabled: true, algorithm: fixed-window } }\nother: { thing: 1 }\n',
    )
    expect(parse(yaml)).toEqual({ auth: { mode: 'none' }, backends: [] })
    expect(lines.filter(({ to }) => to === undefined).map(({ path }) => path)).toEqual([
      'model.rate-limit.enabled',
      'model.rate-limit.algorithm',
      'other.thing',
    ])
  })

  test('a text that is no YAML has its line', () => {
    expect(importJava('model:\n  services: [\n').faults).toEqual([expect.objectContaining({ line: 3, fatal: true })])
    expect(importJava('').lines).toEqual([])
  })
})

describe('jairouter import', () => {
  function run(args: readonly string[]) {
    const written: string[] = []
    const errors: string[] = []
    const code = importCommand(args, { env: {}, cwd: '/', write: (text) => written.push(text), writeError: (text) => errors.push(text) })
    return { code, written: written.join('\n'), errors: errors.join('\n') }
  }

  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'jairouter-import-'))
    onTestFinished(() => rmSync(path, { recursive: true }))
    return path
  }

  test('writes the config where nothing stands yet, for the owner alone', () => {
    const file = join(folder(), 'application.yml')
    const out = join(folder(), 'jairouter.yaml')
    writeFileSync(file, JAVA)
    const { code, written, errors } = run([file, '--out', out])
    expect(errors).toMatch(/settings were mapped$/)
    expect({ code, written }).toEqual({ code: 0, written: '' })
    expect(statSync(out).mode & 0o777).toBe(0o600)
    expect(parse(readFileSync(out, 'utf8'))).toEqual(parse(importJava(JAVA).yaml))
    expect(run([file, '--out', out]).code).toBe(1)
  })

  test('says what is wrong with the command line, the file and the result', () => {
    expect(run([]).code).toBe(2)
    expect(run(['a', 'b']).code).toBe(2)
    expect(run(['--help']).code).toBe(0)
    expect(run([join(folder(), 'none.yml')]).code).toBe(1)
    const file = join(folder(), 'application.yml')
    writeFileSync(file, 'model: { services: { chat: { instances: [ { name: a b, base-url: nowhere } ] } } }')
    const { code, errors } = run([file])
    expect(errors).toMatch(/backends\[0\]\.url/)
    expect(code).toBe(1)
  })
})
