/** What docs/configuration.md says is what the code does: its examples work, its settings exist, its defaults are the defaults. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { loadConfig } from './load.ts'
import { formatPath, formatProblem } from './problem.ts'
import { knownKeys, placeOf, stepInto, type SchemaPlace } from './schema-walk.ts'
import type { Snapshot } from './snapshot.ts'

const DOCS = join(import.meta.dirname, '../../../docs')
const TEXT = readFileSync(join(DOCS, 'configuration.md'), 'utf8')

interface Example {
  readonly name: string
  readonly text: string
  /** The example that it is laid over. */
  readonly base?: string
}

function examplesOf(file: string): Example[] {
  const markdown = readFileSync(join(DOCS, file), 'utf8')
  const blocks = [...markdown.matchAll(/^```yaml( overlay)?\n(.*?)^```$/gms)]
  return blocks.map(([, overlay, text = ''], index) => {
    const line = markdown.slice(0, blocks[index]?.index).split('\n').length
    const base = overlay === undefined ? undefined : blocks[index - 1]?.[2]
    return { name: `${file}:${line}`, text, ...(base === undefined ? {} : { base }) }
  })
}

/** Every variable that an example names is set; those with a default are not. */
function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => [name, `value-of-${name}`]))
}

function snapshotOf({ text, base }: Pick<Example, 'text' | 'base'>): Snapshot {
  const files = new Map([
    ['base.yaml', base ?? text],
    ['overlay.yaml', text],
  ])
  const loaded = loadConfig({
    file: 'base.yaml',
    overlay: base === undefined ? undefined : 'overlay.yaml',
    env: variablesOf(text),
    readFile: (file) => Buffer.from(files.get(file) ?? ''),
  })
  if ('problems' in loaded) throw new Error(loaded.problems.map((problem) => formatProblem(problem)).join('\n'))
  const certificates = new Map(loaded.config.backends.map(({ ca }) => [ca ?? '', '-----BEGIN CERTIFICATE-----']))
  const compiled = compile(loaded.config, new Map(), { generation: 1, certificates })
  if ('problems' in compiled) {
    throw new Error(compiled.problems.map((problem) => formatProblem(loaded.toConfigProblem(problem))).join('\n'))
  }
  return compiled.snapshot
}

describe('examples', () => {
  const examples = [...examplesOf('configuration.md'), ...examplesOf('adapters.md')]

  it('are there', () => {
    expect(examples.length).toBeGreaterThan(12)
  })

  it.each(examples)('$name', (example) => {
    expect(snapshotOf(example).generation).toBe(1)
  })

  it('of an overlay does what the text says', () => {
    const overlay = examples.find(({ base }) => base !== undefined)
    const snapshot = snapshotOf(overlay ?? { text: '' })
    expect(snapshot.server.host).toBe('0.0.0.0')
    expect([...snapshot.backends.values()].map(({ id, origin }) => `${id} ${origin}`)).toEqual(['gpu-1 http://10.0.0.5:8000'])
  })
})

interface Row {
  readonly setting: string
  readonly path: readonly (string | number)[]
  /** As YAML. */
  readonly preset: string | undefined
}

const rows: Row[] = [...TEXT.matchAll(/^\| `([\w.[\]]+)` \| (–|`(.+?)`) \|/gm)].map(([, setting = '', , preset]) => ({
  setting,
  path: setting.split('.').flatMap((part) => (part.endsWith('[]') ? [part.slice(0, -2), 0] : [part])),
  preset,
}))

/** Every setting of the schema that has no settings below it, but for those of adapters and of the places where policies may stand. */
function settingsOf(place: SchemaPlace, prefix: string): string[] {
  return knownKeys(place).flatMap((key) => {
    const setting = prefix === '' ? key : `${prefix}.${key}`
    if (setting === 'adapters' || setting === 'services' || (prefix === 'models[]' && policies.includes(key))) return []
    // The same wherever they stand.
    if (key === 'limits' && prefix !== 'defaults') return [setting]
    // By service, which are named elsewhere.
    if (setting === 'tracing.services') return [setting]
    const below = stepInto(place, key)
    const inner = [...settingsOf(below, setting), ...settingsOf(stepInto(below, 0), `${setting}[]`)]
    return inner.length > 0 ? inner : [setting]
  })
}

const policies = knownKeys(placeOf(['defaults']))

describe('settings', () => {
  it.each(rows)('$setting exists', ({ path }) => {
    expect(placeOf(path).length).toBeGreaterThan(0)
  })

  it('are all there, once', () => {
    const described = rows.map(({ setting }) => setting)
    expect(described.length).toBe(new Set(described).size)
    expect(settingsOf(placeOf([]), '').filter((setting) => !described.includes(setting))).toEqual([])
  })

  const withDefault = rows.filter(({ preset }) => preset !== undefined)

  it.each(withDefault)('$setting has the default $preset', ({ path, preset = '' }) => {
    expect(snapshotOf({ text: configWith(path, preset) })).toEqual(snapshotOf({ text: configWith(path) }))
  })

  it.each(rows.filter(({ preset }) => preset === undefined))('$setting has no default', ({ path }) => {
    const loaded = loadConfig({ file: 'j.yaml', env: {}, readFile: () => Buffer.from(configWith(path)) })
    if ('config' in loaded) expect(valueAt(loaded.config, path)).toBeUndefined()
    else expect(loaded.problems).toMatchObject([{ path: formatPath(path), message: 'is required' }])
  })
})

/** A config in which each kind of thing is there once, as JSON (which is YAML): with the setting as `preset` says, or without it. */
function configWith(path: readonly (string | number)[], preset?: string): string {
  const MARK = 'value-to-be-put-in'
  const config = {
    auth: {
      keys: [{ name: 'n', key: 'some-key-1' }],
      oidc: [{ id: 'o', issuer: 'https://o.test', clientId: 'c' }],
    },
    alerts: { rules: [{ name: 'r', kind: 'latency' }], receivers: [{ name: 'w', url: 'http://w.test/hook' }] },
    contentRules: [{ name: 'c', match: { words: ['w'] }, action: 'flag' }],
    backends: [{ id: 'a', type: 'vllm', url: 'http://a', models: [{ name: 'm' }] }],
    defaults: policiesWith(path),
    expect: path[0] === 'expect' && path.length > 1 ? [{ model: 'n', goesTo: ['a'] }] : [],
    models:
      path[0] === 'backends' && path.length === 1
        ? []
        : [{ name: 'n', targets: [{ backend: 'a' }], ...(path.includes('experiment') ? { experiment: experiment() } : {}) }],
  }
  let at: object = config
  for (const part of path.slice(0, -1)) {
    const next: unknown = Reflect.get(at, part) ?? {}
    Reflect.set(at, part, next)
    if (typeof next === 'object' && next !== null) at = next
  }
  const last = path.at(-1) ?? ''
  if (preset === undefined) Reflect.deleteProperty(at, last)
  else Reflect.set(at, last, MARK)
  return JSON.stringify(config).replace(`"${MARK}"`, () => preset ?? '')
}

/** One that has all its parts. */
function experiment(): object {
  return {
    groups: [{ name: 'g' }],
    rules: [{ group: 'g', header: { name: 'x' } }],
    shadow: { group: 'g', share: 1 },
    steps: { group: 'g', at: 1, shares: [1] },
  }
}

/** What must be there for the setting to stand at. */
function policiesWith(path: readonly (string | number)[]): object {
  if (path.includes('limits')) return { limits: [{ algorithm: 'token-bucket', rate: '1/s' }] }
  if (!path.includes('fallback')) return {}
  if (path.includes('cache')) return { fallback: [{ cache: {} }] }
  return { fallback: [path.includes('response') ? { response: { content: 'x' } } : { model: 'm' }] }
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined), value)
}
