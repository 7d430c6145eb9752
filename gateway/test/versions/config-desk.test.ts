import { describe, expect, it } from 'vitest'
import type { ChangeRequest, ConfigEdit } from '../../src/versions/config-desk.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { ADMIN, openTestDesk, testClock, type TestDeskOptions } from '../support/open-test-desk.ts'
import { memoryReplicas } from '../support/memory-replicas.ts'

const TEXT = `# our gateway
server:
  port: 8080 # the port
backends:
  # the big one
  - id: gpu-1
    type: vllm
    url: http://10.0.0.5:8000
    apiKey: "\${VLLM_KEY}"
    weight: 3
`

const CANARY = 'sk-canary-0123456789abcdef'

function weightOf(weight: number): ChangeRequest {
  return edit({ op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { weight } })
}

function edit(...edits: readonly ConfigEdit[]): ChangeRequest {
  return { change: { edits }, origin: ADMIN, action: 'backend.update', target: 'backends/gpu-1' }
}

async function open(options: Partial<TestDeskOptions> = {}) {
  const replicas = memoryReplicas()
  const test = await openTestDesk({
    store: replicas.open(),
    env: { VLLM_KEY: 'vllm-key-of-the-environment' },
    file: () => ({ text: TEXT }),
    ...options,
  })
  return { ...test, replicas }
}

describe('the first version', () => {
  it('is the file, without its secrets', async () => {
    const { desk } = await open({ file: () => ({ text: TEXT.replace('${VLLM_KEY}', CANARY) }) })
    const { version, config, written } = desk.state
    expect(version).toMatchObject({ number: 1, author: 'file', origin: 'file', base: 0 })
    expect(version.text).toMatch(/apiKey: "\$\{secret:[0-9a-f]{32}\}"/)
    expect(version.text.replace(/\$\{secret:.*?\}/, CANARY)).toBe(TEXT.replace('${VLLM_KEY}', CANARY))
    expect(config.backends[0]?.apiKey).toBe(CANARY)
    expect(written).toMatchObject({ backends: [{ apiKey: { set: true, last4: 'cdef', from: 'stored', resolved: true } }] })
  })

  it('is the seed where there is no file', async () => {
    const replicas = memoryReplicas()
    const { desk } = await openTestDesk({ store: replicas.open() })
    expect(desk.state.version).toMatchObject({ number: 1, author: 'system', origin: 'scan' })
  })

  it('is refused with the places of what is wrong', async () => {
    await expect(open({ file: () => ({ text: 'server:\n  prot: 1\n' }) })).rejects.toMatchObject({
      problems: [{ line: 2, column: 3, path: 'server.prot', message: 'unknown key' }],
    })
  })
})

describe('a change', () => {
  it('is in force and stored when its promise is fulfilled', async () => {
    const { desk, applied, replicas } = await open()
    const { version, changes, unified } = await desk.change(weightOf(5))
    expect(version).toMatchObject({ number: 2, base: 1, author: 'ada', origin: 'api' })
    expect(changes).toEqual([{ op: 'changed', path: 'backends[gpu-1].weight', before: 3, after: 5 }])
    expect(unified).toContain('-    weight: 3\n+    weight: 5\n')
    expect(version.text).toBe(TEXT.replace('weight: 3', 'weight: 5'))
    expect(applied.at(-1)?.config.backends[0]?.weight).toBe(5)
    expect(desk.state.config.backends[0]?.weight).toBe(5)
    const [entry] = await replicas.store.read('audit', { limit: 1, before: 1_000 })
    expect(entry?.body).toMatchObject({
      by: 'ada',
      action: 'backend.update',
      target: 'backends/gpu-1',
      before: { version: 1, values: { 'backends[gpu-1].weight': 3 } },
      after: { version: 2, values: { 'backends[gpu-1].weight': 5 } },
    })
  })

  it('is there for the next read, a hundred times in a row', async () => {
    const { desk, applied } = await open()
    for (let weight = 1; weight <= 100; weight += 1) {
      await desk.change(weightOf(weight + 10))
      expect(desk.state.config.backends[0]?.weight).toBe(weight + 10)
      expect(applied.at(-1)?.config).toBe(desk.state.config)
    }
    expect(desk.state.version.number).toBe(101)
    expect(desk.state.version.text).toBe(TEXT.replace('weight: 3', 'weight: 110'))
  })

  it('comes after the one before it, however many are asked for at once', async () => {
    const { desk } = await open()
    const made = await Promise.all([11, 12, 13].map(async (weight) => (await desk.change(weightOf(weight))).version.number))
    expect(made).toEqual([2, 3, 4])
  })

  it('that changes nothing makes no version', async () => {
    const { desk } = await open()
    expect((await desk.change(weightOf(3))).version.number).toBe(1)
  })

  it('that is not valid is refused with its places and changes nothing', async () => {
    const { desk, applied } = await open()
    await expect(desk.change(weightOf(-1))).rejects.toMatchObject({
      code: 'invalid_config',
      details: [{ pointer: '/backends/0/weight', code: 'invalid_value', line: 10, column: 13 }],
    })
    await expect(desk.change(edit({ op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { type: 'vlm' } }))).rejects.toMatchObject({
      code: 'invalid_config',
    })
    await expect(desk.change(edit({ op: 'remove', path: ['backends', { id: 'none' }] }))).rejects.toMatchObject({ code: 'not_found' })
    expect(desk.state.version.number).toBe(1)
    expect(applied).toHaveLength(1)
  })

  it('is refused where another version is in force than expected, or a check says so', async () => {
    const { desk } = await open()
    await expect(desk.change({ ...weightOf(5), expect: 2 })).rejects.toMatchObject({ code: 'conflict' })
    const refuse = () => {
      throw new Error('no')
    }
    await expect(desk.change({ ...weightOf(5), precondition: refuse })).rejects.toThrow('no')
    await expect(desk.change({ ...weightOf(5), mayChange: refuse })).rejects.toThrow('no')
    expect((await desk.change({ ...weightOf(5), expect: 1 })).version.number).toBe(2)
  })

  it('can be tried without being made', async () => {
    const { desk } = await open()
    const effect = await desk.validate(weightOf(5).change, {
      effect: (before, after) => [before.backends[0]?.weight, after.backends[0]?.weight],
    })
    expect(effect).toMatchObject({ ok: true, changes: [{ path: 'backends[gpu-1].weight' }], effect: [3, 5] })
    expect(await desk.validate({ text: 'server: [\n' })).toMatchObject({
      ok: false,
      diagnostics: [{ code: 'invalid_yaml' }],
      changes: [],
      unified: '',
    })
    expect(desk.state.version.number).toBe(1)
  })
})

describe('versions', () => {
  it('are listed newest first, compared, rolled back and removed', async () => {
    const { desk, replicas } = await open()
    for (const weight of [4, 5, 6]) await desk.change(weightOf(weight))
    expect((await desk.list({ limit: 2 })).map(({ number }) => number)).toEqual([4, 3])
    expect((await desk.list({ limit: 9, before: 3 })).map(({ number }) => number)).toEqual([2, 1])
    expect((await desk.diff(1, 3)).changes).toEqual([{ op: 'changed', path: 'backends[gpu-1].weight', before: 3, after: 5 }])

    const { version } = await desk.change({ change: { restore: 2 }, origin: ADMIN, action: 'config.rollback' })
    expect(version).toMatchObject({ number: 5, origin: 'rollback', restores: 2, base: 4 })
    expect(desk.state.config.backends[0]?.weight).toBe(4)

    await expect(desk.remove(5, ADMIN)).rejects.toMatchObject({ code: 'current_version' })
    await desk.remove(2, ADMIN)
    await expect(desk.remove(2, ADMIN)).rejects.toMatchObject({ code: 'not_found' })
    expect((await desk.list({ limit: 9 })).map(({ number }) => number)).toEqual([5, 4, 3, 1])
    expect(await replicas.store.get('versions', '0000000002')).toBeUndefined()
    await expect(desk.change({ change: { restore: 2 }, origin: ADMIN, action: 'config.rollback' })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('say who gave a value its content last', async () => {
    const { desk } = await open()
    await desk.change(weightOf(4))
    await desk.change(edit({ op: 'merge', path: ['server'], value: { port: 9000 } }))
    expect(await desk.blame('backends[gpu-1].weight')).toMatchObject({ version: { number: 2, author: 'ada' }, value: 4 })
    expect(await desk.blame('backends[gpu-1].apiKey')).toMatchObject({ version: { number: 1 }, value: { set: true, from: 'env:VLLM_KEY' } })
    expect(await desk.blame('backends[gpu-2]')).toBeUndefined()
  })

  it('beyond what is kept are pruned, with their secrets', async () => {
    const { desk, replicas } = await open({ file: () => ({ text: `config: { keep: 3 }\n${TEXT}` }) })
    await desk.change(edit({ op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { apiKey: CANARY } }))
    await desk.change(edit({ op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { apiKey: 'another-key-of-it' } }))
    expect(await replicas.store.list('secrets')).toHaveLength(2)
    for (const weight of [4, 5, 6]) await desk.change(weightOf(weight))
    expect((await desk.list({ limit: 9 })).map(({ number }) => number)).toEqual([6, 5, 4])
    expect(await replicas.store.list('secrets')).toHaveLength(1)
  })
})

describe('the file', () => {
  it('becomes a version when it has changed, and only then', async () => {
    let text = TEXT
    const { desk, replicas } = await open({ file: () => ({ text }) })
    await desk.change(weightOf(5))
    expect(await desk.fileChanged()).toMatchObject({ version: { number: 2 } })
    text = TEXT.replace('8080', '8081')
    expect(await desk.fileChanged()).toMatchObject({ version: { number: 3, origin: 'file', author: 'file' } })
    expect(desk.state.config).toMatchObject({ server: { port: 8081 }, backends: [{ weight: 3 }] })
    text = 'server: 1\n'
    expect(await desk.fileChanged()).toMatchObject({ problems: [{ path: 'server' }] })
    expect(desk.state.version.number).toBe(3)

    const restarted = await openTestDesk({ store: replicas.open(), env: { VLLM_KEY: 'x' }, file: () => ({ text }) })
    expect(restarted.desk.state.version.number).toBe(3)
    expect(restarted.desk.fileProblems).toHaveLength(1)
  })

  it('does not come back over what the API has changed since', async () => {
    const { desk, replicas } = await open()
    await desk.change(weightOf(5))
    const restarted = await openTestDesk({ store: replicas.open(), env: { VLLM_KEY: 'x' }, file: () => ({ text: TEXT }) })
    expect(restarted.desk.state).toMatchObject({ version: { number: 2 }, config: { backends: [{ weight: 5 }] } })
    const edited = await openTestDesk({ store: replicas.open(), env: { VLLM_KEY: 'x' }, file: () => ({ text: `${TEXT}# edited\n` }) })
    expect(edited.desk.state).toMatchObject({ version: { number: 3 }, config: { backends: [{ weight: 3 }] } })
  })

  it('alone says what the config is, where it says so', async () => {
    const text = `config: { managed: file }\n${TEXT}`
    const { desk, replicas } = await open({ file: () => ({ text: TEXT }) })
    await desk.change(weightOf(5))
    const managed = await openTestDesk({ store: replicas.open(), env: { VLLM_KEY: 'x' }, file: () => ({ text }) })
    const refused = managed.desk.change(weightOf(7))
    await expect(refused).rejects.toMatchObject({
      code: 'managed_by_file',
      details: [{ code: 'patch', message: expect.stringContaining('+    weight: 7\n') }],
    })
    expect(await managed.desk.validate(weightOf(7).change)).toMatchObject({ ok: true })
    expect(managed.desk.state).toMatchObject({ version: { number: 3 }, config: { backends: [{ weight: 3 }] } })
  })

  it('has an overlay that is no secret hideaway, and hides no change', async () => {
    const overlay = `server: { port: 9999 }\nbackends: [ { id: gpu-1, headers: { authorization: "Bearer ${CANARY}" } } ]\n`
    const { desk } = await open({ file: () => ({ text: TEXT, overlay }) })
    expect(desk.state.config).toMatchObject({ server: { port: 9999 }, backends: [{ headers: { authorization: `Bearer ${CANARY}` } }] })
    expect(desk.state.version.overlay).toMatch(/authorization: "Bearer \$\{secret:\w+\}"/)
    await expect(desk.change(edit({ op: 'merge', path: ['server'], value: { port: 1234 } }))).rejects.toMatchObject({
      code: 'hidden_by_overlay',
    })
    expect(await desk.change(weightOf(5))).toMatchObject({ version: { number: 2 } })
    expect(desk.state.version.overlay).toContain('9999')
    const moved = desk.change(edit({ op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { url: 'http://elsewhere:1' } }))
    await expect(moved).rejects.toMatchObject({ code: 'hidden_by_overlay' })
  })
})

describe('secrets', () => {
  const backend = ['backends', { id: 'gpu-1' }] as const

  it('are set, kept, shown masked and taken away', async () => {
    const { desk, replicas } = await open()
    await desk.change(edit({ op: 'merge', path: backend, value: { apiKey: CANARY, headers: { 'x-team': 'short' } } }))
    expect(desk.state.config.backends[0]).toMatchObject({ apiKey: CANARY, headers: { 'x-team': 'short' } })
    expect(desk.state.written).toMatchObject({
      backends: [
        { apiKey: { set: true, last4: 'cdef', from: 'stored', resolved: true }, headers: { 'x-team': { set: true, from: 'stored' } } },
      ],
    })

    const shown = (desk.state.written['backends'] as readonly Record<string, unknown>[])[0]
    await desk.change(edit({ op: 'put', path: backend, value: { ...shown, weight: 7 } }))
    expect(desk.state.config.backends[0]).toMatchObject({ apiKey: CANARY, headers: { 'x-team': 'short' }, weight: 7 })
    await desk.change(edit({ op: 'put', path: backend, value: { id: 'gpu-1', type: 'vllm', url: 'http://10.0.0.5:8000' } }))
    expect(desk.state.config.backends[0]).toMatchObject({ apiKey: CANARY, weight: 1 })
    await desk.change(edit({ op: 'merge', path: backend, value: { apiKey: null } }))
    expect(desk.state.config.backends[0]?.apiKey).toBeUndefined()
    expect(replicas.written()).not.toContain(CANARY)
  })

  it('of a key are only its digest', async () => {
    const { desk } = await open()
    await desk.change(edit({ op: 'put', path: ['auth', 'keys', { name: 'ci' }], value: { key: CANARY } }))
    expect(desk.state.config.auth.keys[0]?.key).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(desk.state.written).toMatchObject({ auth: { keys: [{ name: 'ci', key: { set: true, from: 'file' } }] } })
    await expect(
      desk.change(edit({ op: 'put', path: ['auth', 'keys', { name: 'short' }], value: { key: 'short' } })),
    ).rejects.toMatchObject({ code: 'invalid_config' })
  })

  it('do not go to another server than they were given for', async () => {
    const { desk } = await open()
    await desk.change(edit({ op: 'merge', path: backend, value: { apiKey: CANARY, headers: { a: 'secret-header' } } }))
    const { text } = desk.state.version
    const { changes } = await desk.change(edit({ op: 'merge', path: backend, value: { url: 'http://10.0.0.6:8000' } }))
    expect(changes).toContainEqual({
      op: 'removed',
      path: 'backends[gpu-1].apiKey',
      before: expect.objectContaining({ set: true }),
      reason: 'moved',
    })
    expect(desk.state.config.backends[0]).toMatchObject({ url: 'http://10.0.0.6:8000', headers: {} })
    expect(desk.state.config.backends[0]?.apiKey).toBeUndefined()

    // Nor by naming them.
    const reference = /\$\{secret:\w+\}/.exec(text)?.[0] ?? ''
    await desk.change(edit({ op: 'merge', path: backend, value: { apiKey: reference } }))
    expect(desk.state.config.backends[0]?.apiKey).toBeUndefined()
    await desk.change({ ...edit(), change: { text: text.replace('10.0.0.5', 'evil.example') } })
    expect(desk.state.config.backends[0]?.apiKey).toBeUndefined()
    await expect(
      desk.change(edit({ op: 'merge', path: backend, value: { url: `http://evil.example/${reference}` } })),
    ).rejects.toMatchObject({ code: 'invalid_config' })

    // The path of an address may change, and a key that is given goes along.
    await desk.change(edit({ op: 'merge', path: backend, value: { url: 'http://10.0.0.7:8000', apiKey: CANARY } }))
    await desk.change(edit({ op: 'merge', path: backend, value: { url: 'http://10.0.0.7:8000/base' } }))
    expect(desk.state.config.backends[0]?.apiKey).toBe(CANARY)
    // What comes from the environment stays, and a version that was in force may be again.
    await desk.change({ change: { restore: 2 }, origin: ADMIN, action: 'config.rollback' })
    expect(desk.state.config.backends[0]).toMatchObject({ url: 'http://10.0.0.5:8000', apiKey: CANARY })
    await desk.change({ change: { restore: 1 }, origin: ADMIN, action: 'config.rollback' })
    await desk.change(edit({ op: 'merge', path: backend, value: { url: 'http://10.0.0.8:8000' } }))
    expect(desk.state.config.backends[0]?.apiKey).toBe('vllm-key-of-the-environment')
  })

  it('are nowhere but sealed', async () => {
    const text = `auth: { keys: [ { name: app, key: ${CANARY}-app } ] }\n${TEXT.replace('"${VLLM_KEY}"', `"\${NONE:-${CANARY}-default}"`)}`
    const { desk, replicas, logged } = await open({ file: () => ({ text }) })
    expect(desk.state.config.backends[0]?.apiKey).toBe(`${CANARY}-default`)
    const errors: unknown[] = []
    const tried: unknown[] = []
    for (const value of [
      { apiKey: `${CANARY}-api` },
      { headers: { authorization: `Bearer ${CANARY}` } },
      { apiKey: `${CANARY}\n` },
      { apikey: 'x', apiKey: CANARY },
      { headers: { host: CANARY } },
    ]) {
      const request = edit({ op: 'merge', path: backend, value })
      tried.push(await desk.validate(request.change))
      await desk.change(request).then(
        (made) => tried.push(made),
        (error: unknown) => errors.push(error),
      )
    }
    await desk.drafts.put('u1', `backends: [ { id: a, apiKey: "${CANARY}" `)
    await desk.drafts.edit('u2', [{ op: 'merge', path: backend, value: { apiKey: `${CANARY}-draft` } }])
    expect(errors).toHaveLength(3)
    const seen = [
      tried,
      errors.map((error) => [error, String(error)]),
      await desk.list({ limit: 9 }),
      await desk.diff(1, 3),
      desk.state.written,
      desk.state.version,
      await desk.drafts.get('u2'),
      logged,
    ]
    expect(JSON.stringify(seen)).not.toContain(CANARY)
    expect(replicas.written()).not.toContain(CANARY)
    const audit = await replicas.store.read('audit', { limit: 100, after: 0 })
    expect(audit).toHaveLength(3)
  })
})

describe('a change that waits for its confirmation', () => {
  it('stays when it is confirmed', async () => {
    const clock = testClock()
    const { desk } = await open({ clock })
    await desk.change({ ...weightOf(5), confirmWithinMs: 60_000 })
    expect(desk.state.confirm).toEqual({ by: '2027-01-01T00:01:00.000Z', revertsTo: 1 })
    await expect(desk.change(weightOf(6))).rejects.toMatchObject({ code: 'conflict' })
    await expect(desk.remove(1, ADMIN)).rejects.toMatchObject({ code: 'current_version' })
    await desk.confirm(ADMIN)
    clock.pass(120_000)
    await expect(desk.confirm(ADMIN)).rejects.toMatchObject({ code: 'nothing_to_confirm' })
    expect(desk.state).toMatchObject({ version: { number: 2 } })
    expect(desk.state.confirm).toBeUndefined()
  })

  it('is taken back at the deadline, and by hand', async () => {
    const clock = testClock()
    const { desk } = await open({ clock })
    await desk.change({ ...weightOf(5), confirmWithinMs: 60_000 })
    clock.pass(59_000)
    await desk.validate({ edits: [] })
    expect(desk.state.version.number).toBe(2)
    clock.pass(1_000)
    await desk.validate({ edits: [] })
    expect(desk.state).toMatchObject({
      version: { number: 3, origin: 'rollback', restores: 1, author: 'system' },
      config: { backends: [{ weight: 3 }] },
    })
    await desk.change({ ...weightOf(5), confirmWithinMs: 60_000 })
    expect(await desk.revert(ADMIN)).toMatchObject({ number: 5, restores: 3, author: 'ada' })
    await expect(desk.revert(ADMIN)).rejects.toMatchObject({ code: 'nothing_to_confirm' })
  })

  it('is taken back after a restart, before or at the deadline', async () => {
    const clock = testClock()
    const { desk, replicas } = await open({ clock })
    await desk.change({ ...weightOf(5), confirmWithinMs: 60_000 })
    desk.close()
    const again = { store: replicas.open(), clock, env: { VLLM_KEY: 'x' }, file: () => ({ text: TEXT }) }
    const early = await openTestDesk(again)
    expect(early.desk.state).toMatchObject({ version: { number: 2 }, confirm: { revertsTo: 1 } })
    early.desk.close()
    clock.pass(61_000)
    const late = await openTestDesk(again)
    expect(late.desk.state).toMatchObject({ version: { number: 3, restores: 1 }, config: { backends: [{ weight: 3 }] } })
  })

  it('is taken back once the store can be written again', async () => {
    const clock = testClock()
    const { desk, replicas } = await open({ clock })
    await desk.change({ ...weightOf(5), confirmWithinMs: 60_000 })
    replicas.failWith({ kind: 'full', when: 'before' })
    clock.pass(60_000)
    await desk.validate({ edits: [] })
    expect(desk.state.version.number).toBe(2)
    replicas.failWith(undefined)
    clock.pass(1_000)
    await desk.validate({ edits: [] })
    expect(desk.state.version.number).toBe(3)
  })
})

describe('two replicas over one store', () => {
  it('see each other’s changes, and lose none', async () => {
    const { desk, replicas } = await open()
    const other = await openTestDesk({ store: replicas.open(), env: { VLLM_KEY: 'x' }, file: () => ({ text: TEXT }) })
    await desk.change(weightOf(5))
    await other.desk.validate({ edits: [] })
    expect(other.desk.state).toMatchObject({ version: { number: 2 }, config: { backends: [{ weight: 5 }] } })
    expect(other.applied.at(-1)?.config.backends[0]?.weight).toBe(5)

    const port = (test: typeof other, port: number) =>
      test.desk.change({ ...edit({ op: 'merge', path: ['server'], value: { port } }), expect: test.desk.state.version.number })
    const results = await Promise.allSettled([port({ ...other, desk }, 1001), port(other, 1002)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } })
    await Promise.all([desk.validate({ edits: [] }), other.desk.validate({ edits: [] })])
    expect(other.desk.state.version).toEqual(desk.state.version)
    expect(desk.state.version.number).toBe(3)
  })

  it('agree on whether a change was confirmed or taken back, and on what is removed', async () => {
    const { desk, replicas } = await open()
    let meanwhile: (() => Promise<unknown>) | undefined
    const store = replicas.open(async () => {
      const run = meanwhile
      meanwhile = undefined
      await run?.()
    })
    const slow = await openTestDesk({ store, env: { VLLM_KEY: 'x' }, file: () => ({ text: TEXT }) })
    await desk.change({ ...weightOf(5), confirmWithinMs: 60_000 })
    meanwhile = () => desk.revert(ADMIN)
    await expect(slow.desk.confirm(ADMIN)).rejects.toMatchObject({ code: 'conflict' })
    expect(slow.desk.state).toMatchObject({ version: { number: 3, restores: 1 }, config: { backends: [{ weight: 3 }] } })

    // Neither does a version go that another replica has just given a meaning.
    meanwhile = () => desk.change({ ...weightOf(6), confirmWithinMs: 60_000 })
    await expect(slow.desk.remove(2, ADMIN)).rejects.toMatchObject({ code: 'conflict' })
    expect(await desk.get(2)).toBeDefined()
    expect(slow.desk.state.version).toEqual(desk.state.version)
  })

  it('make one first version when they start at once', async () => {
    const replicas = memoryReplicas()
    const start = () => openTestDesk({ store: replicas.open(), env: { VLLM_KEY: 'x' }, file: () => ({ text: TEXT }) })
    const desks = await Promise.all([start(), start(), start()])
    expect(desks.map(({ desk }) => desk.state.version.number)).toEqual([1, 1, 1])
  })

  it('take back once what nobody confirmed', async () => {
    const clock = testClock()
    const { desk, replicas } = await open({ clock })
    const other = await openTestDesk({ store: replicas.open(), clock, env: { VLLM_KEY: 'x' }, file: () => ({ text: TEXT }) })
    await desk.change({ ...weightOf(5), confirmWithinMs: 60_000 })
    await other.desk.validate({ edits: [] })
    clock.pass(60_000)
    await Promise.all([desk.validate({ edits: [] }), other.desk.validate({ edits: [] })])
    await Promise.all([desk.validate({ edits: [] }), other.desk.validate({ edits: [] })])
    expect(desk.state.version).toMatchObject({ number: 3, restores: 1 })
    expect(other.desk.state.version).toEqual(desk.state.version)
  })
})

describe('a store that fails', () => {
  const steps: readonly ((desk: Awaited<ReturnType<typeof open>>['desk']) => Promise<unknown>)[] = [
    (desk) => desk.change(weightOf(9)),
    (desk) => desk.change(edit({ op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { apiKey: CANARY } })),
    (desk) => desk.change({ change: { restore: 1 }, origin: ADMIN, action: 'config.rollback' }),
    (desk) => desk.remove(1, ADMIN),
    (desk) => desk.change({ ...weightOf(9), confirmWithinMs: 60_000 }),
    (desk) => desk.drafts.put('u1', 'server: {}\n'),
  ]

  it.each(steps.map((step, index) => ({ index, step })))(
    'before it has written anything leaves all as it was (step $index)',
    async ({ step }) => {
      const { desk, replicas, applied } = await open()
      await desk.change(weightOf(5))
      const before = [desk.state, await replicas.store.contents(), applied.length]
      replicas.failWith({ kind: 'unavailable', when: 'before' })
      await expect(step(desk)).rejects.toBeInstanceOf(StoreError)
      expect([desk.state, await replicas.store.contents(), applied.length]).toEqual(before)
      replicas.failWith(undefined)
      await step(desk)
      const restarted = await openTestDesk({ store: replicas.open(), env: { VLLM_KEY: 'x' }, file: () => ({ text: TEXT }) })
      expect(restarted.desk.state.version).toEqual(desk.state.version)
    },
  )

  it('and has written all the same is found out at the next look', async () => {
    const clock = testClock()
    const { desk, replicas } = await open({ clock })
    replicas.failWith({ kind: 'unavailable', when: 'after' })
    await expect(desk.change(weightOf(5))).rejects.toBeInstanceOf(StoreError)
    expect(desk.state.version.number).toBe(1)
    replicas.failWith(undefined)
    clock.pass(1_000)
    await desk.validate({ edits: [] })
    expect(desk.state).toMatchObject({ version: { number: 2 }, config: { backends: [{ weight: 5 }] } })
  })

  it('at the start says so', async () => {
    const replicas = memoryReplicas()
    replicas.failWith({ kind: 'full', when: 'before' })
    await expect(openTestDesk({ store: replicas.open(), seed: 'server: {}\n' })).rejects.toBeInstanceOf(StoreError)
  })
})

describe('drafts', () => {
  it('are edited as text and as data, and applied with the secrets that were given in them', async () => {
    const { desk } = await open()
    const draft = await desk.drafts.edit('u1', [
      { op: 'put', path: ['backends', { id: 'new' }], value: { type: 'vllm', url: 'http://new:1', apiKey: CANARY } },
    ])
    expect(draft).toMatchObject({ owner: 'u1', base: 1 })
    await desk.drafts.put('u1', `${draft.text}# more\n`)
    const stored = await desk.drafts.get('u1')
    const { text = '', granted = [], base = 0 } = stored ?? {}
    expect(text).toBe(`${draft.text}# more\n`)
    expect(await desk.validate({ text, granted })).toMatchObject({ ok: true })
    await desk.change({ change: { text, granted }, origin: ADMIN, action: 'config.apply', expect: base })
    expect(desk.state.config.backends[1]?.apiKey).toBe(CANARY)
    await desk.drafts.remove('u1')
    expect(await desk.drafts.get('u1')).toBeUndefined()
  })

  it('keep secrets that nothing else refers to', async () => {
    const { desk, replicas } = await open()
    await desk.drafts.edit('u1', [{ op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { apiKey: CANARY } }])
    const restarted = await openTestDesk({ store: replicas.open(), env: { VLLM_KEY: 'x' }, file: () => ({ text: TEXT }) })
    const { text = '', granted = [] } = (await restarted.desk.drafts.get('u1')) ?? {}
    await restarted.desk.change({ change: { text, granted }, origin: ADMIN, action: 'config.apply' })
    expect(restarted.desk.state.config.backends[0]?.apiKey).toBe(CANARY)
  })
})
