/** What both READMEs say is there: their configs work, the scripts, paths, codes, metrics and adapters that they name exist, and they say the same. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BUILTIN_ADAPTERS } from '../gateway/src/adapters/registry.ts'
import { compile } from '../gateway/src/config/compile.ts'
import { loadConfig } from '../gateway/src/config/load.ts'
import { formatProblem } from '../gateway/src/config/problem.ts'
import { createFronts } from '../gateway/src/http/front/fronts.ts'
import { MemoryResponses } from '../gateway/src/store/memory-responses.ts'
import { ENDPOINT_DEFINITIONS } from '../gateway/src/endpoints/definitions.ts'
import { ERROR_TABLE } from '../gateway/src/errors/error-table.ts'
import { METRICS } from '../gateway/src/telemetry/metric-table.ts'

const ROOT = join(import.meta.dirname, '..')
const NAMES = ['README.md', 'README.zh-CN.md'] as const
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const [english = '', chinese = ''] = NAMES.map(read)

interface Block {
  readonly language: string
  readonly text: string
  /** Of its first line in the file, counted from 1. */
  readonly line: number
}

function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: text = '', index }) => ({
    language,
    text,
    line: markdown.slice(0, index).split('\n').length + 1,
  }))
}

/** A comment of a shell is no heading. */
function proseOf(markdown: string): string {
  return markdown.replaceAll(/^```.*?^```$/gms, '')
}

function headingLevels(markdown: string): number[] {
  return [...proseOf(markdown).matchAll(/^(#+) \S/gm)].map(([, marks = '']) => marks.length)
}

/** Its labels are for readers; its boxes and arrows are the same in every language. */
function comparable({ language, text }: Block): string {
  return `${language}\n${language === 'mermaid' ? text.replaceAll(/"[^"]*"/g, '""') : text}`
}

/** Texts in single back quotes. */
function codeOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
}

function problemsOf(yaml: string): string[] {
  const env = Object.fromEntries([...yaml.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => [name, `value-of-${name}`]))
  const loaded = loadConfig({ file: 'jairouter.yaml', env, readFile: () => Buffer.from(yaml) })
  if ('problems' in loaded) return loaded.problems.map((problem) => formatProblem(problem))
  const compiled = compile(loaded.config, new Map(), { generation: 1, certificates: new Map() })
  return 'problems' in compiled ? compiled.problems.map((problem) => formatProblem(loaded.toConfigProblem(problem))) : []
}

describe.each(NAMES)('%s', (name) => {
  const markdown = read(name)
  const configs = blocksOf(markdown).filter(({ language }) => language === 'yaml')

  it('has configs', () => {
    expect(configs.length).toBeGreaterThan(1)
  })

  it.each(configs)('has a config without a problem at line $line', ({ text }) => {
    expect(problemsOf(text)).toEqual([])
  })

  it('names scripts of package.json', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'))
    const named = [...markdown.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short ?? '')
    expect(named.length).toBeGreaterThan(8)
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([])
  })

  it('links to files that are there', () => {
    const targets = [...markdown.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
    expect(targets.filter((target) => !existsSync(join(ROOT, target)))).toEqual([])
  })

  it('has every endpoint', () => {
    const paths = [...markdown.matchAll(/^\| `POST .*?\|/gm)].flatMap(([cell]) => codeOf(cell).map((code) => code.replace('POST ', '')))
    const fronts = createFronts(new MemoryResponses({ now: () => 0, bounds: () => ({ ttlMs: 0, maximumBytes: 0 }) }))
    const relayed = [...ENDPOINT_DEFINITIONS.flatMap((endpoint) => endpoint.paths), ...fronts.map(({ path }) => path)]
    expect(paths.filter((path) => path !== '/v1/messages/count_tokens').toSorted()).toEqual(relayed.toSorted())
  })

  it('has every error and no other, with its status', () => {
    const rows = [...markdown.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| (\d{3}) \|/gm)]
    const shown = rows.flatMap(([, codes = '', status]) => codeOf(codes).map((code) => [code, Number(status)] as const))
    const table = new Map<string, number>(Object.entries(ERROR_TABLE).map(([code, { status }]) => [code, status]))
    expect(shown.toSorted()).toEqual([...table].toSorted())
  })

  it('names only metrics that there are, and leads to the list of all, which is generated', () => {
    const known = new Set<string>(Object.values(METRICS).map((metric) => metric.name))
    const named = codeOf(markdown).filter((code) => code.startsWith('jairouter_'))
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((name) => !known.has(name))).toEqual([])
    expect(markdown).toContain('](docs/metrics.md)')
  })

  it('has every built-in adapter and no other', () => {
    const section = /^\| [^|]+ \| `type` \|\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(markdown)?.[1] ?? ''
    expect(codeOf(section).sort()).toEqual([...BUILTIN_ADAPTERS.keys()].sort())
  })
})

describe('both READMEs', () => {
  it('have the same headings', () => {
    expect(headingLevels(english).length).toBeGreaterThan(10)
    expect(headingLevels(chinese)).toEqual(headingLevels(english))
  })

  it('have the same code blocks', () => {
    expect(blocksOf(chinese).map(comparable)).toEqual(blocksOf(english).map(comparable))
  })

  it('have the same number of rows and points', () => {
    const marks = (markdown: string) => [...proseOf(markdown).matchAll(/^(?:\||- )/gm)].map(([mark]) => mark)
    expect(marks(chinese)).toEqual(marks(english))
  })
})
