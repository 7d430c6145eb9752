import { readFileSync } from 'node:fs'
import { userAdapterSchema, type Rewrite } from '@jairouter/contract/adapter'
import { configSchema } from '@jairouter/contract/config'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { AdapterDefinition } from './definition.ts'
import { BUILTIN_ADAPTERS, resolveAdapters } from './registry.ts'

const page = readFileSync(new URL('../../../docs/adapters.md', import.meta.url), 'utf8')

test.each([...BUILTIN_ADAPTERS.values()].map((adapter) => [adapter.id, adapter] as const))(
  'the table of docs/adapters.md has %s as it is',
  (id, adapter) => {
    expect(page.split('\n').filter((line) => line.startsWith(`| \`${id}\` |`))).toEqual([row(adapter)])
  },
)

test('the tables have no adapter and no field that does not exist, and every field', () => {
  const names = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1])
  const fields = Object.keys(userAdapterSchema.shape)
  expect(names.slice(0, BUILTIN_ADAPTERS.size)).toEqual([...BUILTIN_ADAPTERS.keys()])
  expect(names.slice(BUILTIN_ADAPTERS.size).sort()).toEqual(fields.sort())
})

test('the examples are valid config files whose adapters resolve and whose backends have them', () => {
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => match[1] ?? '')
  expect(examples).toHaveLength(3)
  for (const example of examples) {
    const config = configSchema.parse(parse(example))
    const { adapters, problems } = resolveAdapters(config.adapters)
    expect(problems).toEqual([])
    for (const { type } of config.backends) expect([...adapters.keys()]).toContain(type)
  }
})

function row(adapter: AdapterDefinition): string {
  const cells = [
    code(adapter.id),
    adapter.label,
    adapter.url ?? (adapter.ports.length > 0 ? `port ${adapter.ports.join(', ')}` : 'none'),
    Object.keys(adapter.paths).join(', '),
    adapter.auth.scheme === 'header' ? code(adapter.auth.header) : adapter.auth.scheme,
    adapter.models?.paths.map(code).join(', then ') ?? 'none',
    health(adapter),
    adapter.embeddingBase64,
    changes(adapter).join('<br>') || '–',
  ]
  return `| ${cells.join(' | ')} |`
}

function health({ health }: AdapterDefinition): string {
  if (health === undefined) return 'TCP'
  return [
    code(health.path),
    ...(health.authenticated === true ? ['with the key'] : []),
    ...(health.minimumIntervalMs === undefined ? [] : [`every ${health.minimumIntervalMs / 1_000} s at most`]),
  ].join(', ')
}

function changes(adapter: AdapterDefinition): string[] {
  const { wire, native, inlinePictures, embeddingBatchMax, continuation, rewrite, rerank, streamOptions, statusAs } = adapter
  const fields = Object.entries(rewrite).map(([endpoint, table]) => `${endpoint}: ${rewritten(table).join('; ')}`)
  const ownWords = rerank.documents !== 'documents' || rerank.returnDocuments !== 'return_documents'
  return [
    ...(wire === 'openai' ? [] : [`all, to the wire format ${code(wire)}`]),
    ...(Object.keys(native).length > 0 ? [`passed through: ${Object.values(native).map(code).join(', ')}`] : []),
    ...fields,
    ...(continuation === undefined ? [] : ['goes on from a broken answer']),
    ...(embeddingBatchMax === undefined ? [] : [`embedding: ${embeddingBatchMax} inputs at a time`]),
    ...(inlinePictures ? ['pictures as data'] : []),
    ...Object.entries(statusAs).map(([from, to]) => `status ${from} means ${to}`),
    ...(ownWords
      ? [`rerank: ${code('documents')} as ${code(rerank.documents)}, ${code('return_documents')} as ${code(rerank.returnDocuments)}`]
      : []),
    ...(rerank.topN ? [] : [`rerank: without ${code('top_n')}`]),
    ...(streamOptions ? [] : ['usage not asked for in streams']),
    ...answered(adapter),
  ]
}

function rewritten({ drop, rename, defaults, plainDefaults, values, namedTool, noTool, jsonSchema, messages }: Rewrite): string[] {
  const given = (table: Readonly<Record<string, unknown>>, when: string) =>
    Object.entries(table).map(([name, value]) => `${code(name)} ${code(JSON.stringify(value))} if not given${when}`)
  return [
    ...(drop.length > 0 ? [`without ${drop.map(code).join(', ')}`] : []),
    ...Object.entries(rename).map(([from, to]) => `${code(from)} as ${code(to)}`),
    ...given(defaults, ''),
    ...given(plainDefaults, ', but for streams'),
    ...Object.entries(values).flatMap(([field, words]) =>
      Object.entries(words).map(([from, to]) => `${code(field)} ${code(from)} as ${code(String(to))}`),
    ),
    ...(namedTool === 'only-tool' ? ['a tool asked for by name as the only one'] : []),
    ...(noTool === 'without-tools' ? [`${code('tool_choice')} ${code('none')} as no tools`] : []),
    ...(jsonSchema === 'prompt' ? ['JSON Schema in the prompt'] : []),
    ...Object.entries(messages.roles).map(([from, to]) => `role ${code(from)} as ${code(to)}`),
    ...(messages.drop.length > 0 ? [`messages without ${messages.drop.map(code).join(', ')}`] : []),
    ...(messages.toolIds === 'nine' ? ['ids of tool calls of nine characters'] : []),
    ...(messages.prefix === undefined ? [] : [`${code(messages.prefix)} on a last message of the assistant`]),
    ...Object.entries(messages.reasoning).map(
      ([pattern, replay]) => `reasoning of earlier turns ${code(replay)}${pattern === '*' ? '' : ` with ${code(pattern)}`}`,
    ),
  ]
}

function answered({ answers, codeAs }: AdapterDefinition): string[] {
  const parts = [
    ...Object.entries(answers.finishReasons).map(([from, to]) => `${code(from)} as ${code(to)}`),
    ...(answers.toolCalls === 'normalise' ? ['tool calls numbered anew'] : []),
    ...(answers.contentParts ? ['parts of the content as text and reasoning'] : []),
    ...(answers.thinkTags ? [`${code('<think>')} as reasoning`] : []),
    ...(answers.usageInChoices ? ['usage from the first choice'] : []),
  ]
  const codes = Object.entries(codeAs).map(([from, to]) => `${from} means ${to}`)
  return [...(parts.length > 0 ? [`answers: ${parts.join('; ')}`] : []), ...(codes.length > 0 ? [`codes: ${codes.join(', ')}`] : [])]
}

function code(text: string): string {
  return `\`${text}\``
}
