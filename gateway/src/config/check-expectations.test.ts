import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { createLiveConfig } from './live-config.ts'

const BASE: ConfigInput = {
  auth: {
    keys: [
      { name: 'ci', key: 'key-of-the-ci', models: ['smart', 'alias'] },
      { name: 'off', key: 'key-that-is-off', enabled: false },
    ],
  },
  backends: [
    { id: 'gpu-1', type: 'vllm', url: 'http://192.0.2.1', models: ['qwen'] },
    { id: 'gpu-2', type: 'vllm', url: 'http://192.0.2.2', models: ['qwen'] },
    { id: 'idle', type: 'vllm', url: 'http://192.0.2.3', models: ['qwen', 'rare'], enabled: false },
  ],
  models: [
    {
      name: 'smart',
      aliases: ['alias'],
      targets: [
        { backend: 'gpu-1', model: 'qwen' },
        { backend: 'gpu-2', model: 'qwen', priority: 2 },
      ],
    },
  ],
}
const AUTO: ConfigInput = { backends: [...(BASE.backends ?? []), { id: 'auto-1', type: 'vllm', url: 'http://192.0.2.4' }] }

type Expectations = NonNullable<ConfigInput['expect']>

function findings(expectation: Expectations[number], more: ConfigInput = {}, discovered: Readonly<Record<string, string>> = {}) {
  const config = configSchema.parse({ ...BASE, ...more, expect: [expectation] })
  const catalog = new Map(Object.entries(discovered).map(([id, model]) => [id, [{ id: model, created: 0, ownedBy: 'test' }]]))
  const compiled = compile(config, catalog, { generation: 1 })
  return 'problems' in compiled ? compiled.problems.map(({ path, message }) => `${path.join('.')}: ${message}`) : compiled.warnings
}

describe('holds', () => {
  it.each<Expectations[number]>([
    { key: 'ci', model: 'smart', goesTo: ['gpu-1', 'gpu-2'] },
    { key: 'ci', model: 'alias', goesTo: ['gpu-1', 'gpu-2', 'idle'] },
    { model: 'qwen', goesTo: ['gpu-1', 'gpu-2'] },
    { key: 'ci', model: 'qwen', refused: true },
    { key: 'off', model: 'smart', refused: true },
    { model: 'nothing', refused: true },
    { model: 'smart', service: 'embedding', refused: true },
  ])('%j', (expectation) => {
    expect(findings(expectation)).toEqual([])
  })
})

describe('does not hold', () => {
  it.each<[Expectations[number], string]>([
    [{ key: 'ci', model: 'smart', goesTo: ['gpu-1'] }, 'expect.0: is not so: "smart" goes to gpu-2 as well'],
    [{ key: 'ci', model: 'qwen', goesTo: ['gpu-1', 'gpu-2'] }, 'expect.0: is not so: key "ci" may not use "qwen"'],
    [{ key: 'off', model: 'smart', goesTo: ['gpu-1', 'gpu-2'] }, 'expect.0: is not so: key "off" is disabled'],
    [{ model: 'rare', goesTo: ['idle'] }, 'expect.0: is not so: "rare" goes nowhere, all its backends are disabled'],
    [{ model: 'nothing', goesTo: ['gpu-1'] }, 'expect.0.model: is not so: there is no model "nothing" for chat'],
    [{ key: 'ci', model: 'smart', refused: true }, 'expect.0: is not so: key "ci" may use "smart" for chat'],
    [{ key: 'cl', model: 'smart', refused: true }, 'expect.0.key: unknown key "cl"; did you mean "ci"?'],
    [{ model: 'smart', goesTo: ['gpu-1', 'gpu-2', 'gpu-3'] }, 'expect.0.goesTo.2: unknown backend "gpu-3"; did you mean "gpu-1"?'],
    [{ model: 'smart' }, 'expect.0: expected exactly one of goesTo and refused'],
    [{ model: 'smart', goesTo: ['gpu-1'], refused: true }, 'expect.0: expected exactly one of goesTo and refused'],
  ])('%j', (expectation, finding) => {
    expect(findings(expectation)).toEqual([finding])
  })
})

describe('cannot be checked where a backend lists its models itself', () => {
  it.each<Expectations[number]>([
    { model: 'new', goesTo: ['auto-1'] },
    { model: 'new', refused: true },
    { model: 'qwen', goesTo: ['gpu-1', 'gpu-2'] },
  ])('and has not: %j is a warning', (expectation) => {
    expect(findings(expectation, AUTO)).toMatchObject([
      { path: ['expect', 0], message: expect.stringContaining('cannot be checked: auto-1 lists') as string },
    ])
  })

  it('and has: it is', () => {
    expect(findings({ model: 'new', goesTo: ['auto-1'] }, AUTO, { 'auto-1': 'new' })).toEqual([])
    expect(findings({ model: 'new', refused: true }, AUTO, { 'auto-1': 'new' })).toHaveLength(1)
    expect(findings({ model: 'qwen', goesTo: ['gpu-1', 'gpu-2'] }, AUTO, { 'auto-1': 'qwen' })).toEqual([
      'expect.0: is not so: "qwen" goes to auto-1 as well',
    ])
  })

  it('but not where the model stands under `models`, or where every answer would do', () => {
    expect(findings({ model: 'smart', goesTo: ['gpu-1', 'gpu-2'] }, AUTO)).toEqual([])
    expect(findings({ model: 'qwen', goesTo: ['gpu-1', 'gpu-2', 'auto-1'] }, AUTO)).toEqual([])
  })
})

it('a backend that lists what is not expected is heard of, and its models are served; a reload with that is refused', () => {
  const config = configSchema.parse({ ...BASE, ...AUTO, expect: [{ model: 'new', refused: true }] })
  const live = createLiveConfig({ config, certificates: new Map() }, () => {})
  if ('problems' in live) throw new Error('the config is in order')
  expect(live.warnings).toMatchObject([{ message: expect.stringContaining('cannot be checked') as string }])
  live.learn('auto-1', [{ id: 'new', created: 0, ownedBy: 'test' }])
  expect(live.snapshot.routes.get('chat')?.has('new')).toBe(true)
  expect(live.warnings).toMatchObject([{ path: ['expect', 0], message: expect.stringContaining('is not so') as string }])
  expect(live.apply({ config, certificates: new Map() })).toMatchObject([{ path: ['expect', 0] }])
  expect(live.preview({ config, certificates: new Map() })).toMatchObject({ problems: [{ path: ['expect', 0] }] })
})
