import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { formatPath } from './problem.ts'
import type { Snapshot } from './snapshot.ts'

const base: ConfigInput = {
  backends: [{ id: 'a', type: 'openai-compatible', url: 'http://a', models: ['m', 'n'] }],
  contentRules: [
    { name: 'mail', match: { builtin: 'email' }, action: 'mask' },
    { name: 'code', match: { words: ['falcon'] }, action: 'block', on: ['request'] },
    { name: 'staff', match: { pattern: 'EMP-[0-9]+' }, action: 'flag', mask: '[staff]' },
  ],
}

function compiled(more: ConfigInput): Snapshot | string[] {
  const result = compile(configSchema.parse({ ...base, ...more }), new Map(), { generation: 1 })
  return 'snapshot' in result ? result.snapshot : result.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`)
}

function snapshotOf(more: ConfigInput): Snapshot {
  const result = compiled(more)
  if (Array.isArray(result)) throw new Error(result.join('\n'))
  return result
}

function namesAt(snapshot: Snapshot, model: string): string[] | undefined {
  return snapshot.routes
    .get('chat')
    ?.get(model)
    ?.policy.content?.map(({ name }) => name)
}

describe('rules', () => {
  it('are plain data', () => {
    const { contentRules } = snapshotOf({})
    expect([...contentRules.values()]).toEqual([
      { name: 'mail', action: 'mask', on: ['request', 'answer'], mask: '[email]', match: { kind: 'builtin', builtin: 'email' } },
      { name: 'code', action: 'block', on: ['request'], mask: '[masked]', match: { kind: 'words', words: ['falcon'] } },
      { name: 'staff', action: 'flag', on: ['request', 'answer'], mask: '[staff]', match: { kind: 'pattern', pattern: 'EMP-[0-9]+' } },
    ])
    expect(structuredClone(contentRules)).toEqual(contentRules)
  })

  it('hold where they are named, the nearest list first', () => {
    const snapshot = snapshotOf({
      defaults: { content: ['mail'] },
      services: { embedding: { content: ['code', 'code'] } },
      models: [
        { name: 'own', targets: [{ backend: 'a', model: 'm' }], content: ['staff', 'code'] },
        { name: 'free', targets: [{ backend: 'a', model: 'm' }], content: [] },
      ],
      auth: {
        keys: [
          { name: 'k', key: 'some-key-1', content: ['staff'] },
          { name: 'l', key: 'some-key-2' },
        ],
      },
    })
    expect(namesAt(snapshot, 'm')).toEqual(['mail'])
    expect(namesAt(snapshot, 'own')).toEqual(['staff', 'code'])
    expect(namesAt(snapshot, 'free')).toBe(undefined)
    expect(snapshot.routes.get('embedding')?.get('m')?.policy.content).toEqual([snapshot.contentRules.get('code')])
    expect([...snapshot.auth.keys.values()].map(({ content }) => content)).toEqual([[snapshot.contentRules.get('staff')], undefined])
  })

  it('hold nowhere unless they are named', () => {
    expect(namesAt(snapshotOf({}), 'm')).toBe(undefined)
  })
})

describe('what is wrong is told with the name of the rule', () => {
  const one = (match: object, more: object = {}) => ({ contentRules: [{ name: 'bad', match, action: 'mask' as const, ...more }] })

  it.each([
    [{ defaults: { content: ['mial'] } }, ['defaults.content[0]: there is no content rule "mial"; did you mean "mail"?']],
    [
      { models: [{ name: 'x', targets: [{ backend: 'a' }], content: ['mail', 'nothing'] }] },
      ['models[0].content[1]: there is no content rule "nothing"'],
    ],
    [{ services: { chat: { content: ['x-x-x'] } } }, ['services.chat.content[0]: there is no content rule "x-x-x"']],
    [
      { auth: { keys: [{ name: 'k', key: 'some-key-1', content: ['cod'] }] } },
      ['auth.keys[0].content[0]: there is no content rule "cod"; did you mean "code"?'],
    ],
    [one({}), ['contentRules[0].match: the rule "bad" needs exactly one of words, pattern and builtin']],
    [one({ words: ['a'], builtin: 'email' }), ['contentRules[0].match: the rule "bad" needs exactly one of words, pattern and builtin']],
    [
      { contentRules: [...(base.contentRules ?? []), ...(base.contentRules ?? []).slice(0, 1)] },
      ['contentRules[3].name: "mail" is already the name of contentRules[0]'],
    ],
  ] satisfies [ConfigInput, string[]][])('%#', (more, problems) => {
    expect(compiled(more)).toEqual(problems)
  })

  it.each([
    [String.raw`(a)\1`, /^contentRules\[0\]\.match\.pattern: the pattern of the rule "bad" has a reference to an earlier group/],
    ['(?=a)b', /"bad" has a look-ahead or look-behind/],
    ['(?<!a)b', /"bad" has a look-ahead or look-behind/],
    ['a(', /"bad" is no regular expression that RE2 understands \(.+\)$/],
    ['a*', /"bad" would match an empty text, and so everywhere$/],
    [String.raw`\b`, /"bad" would match an empty text/],
    ['x'.repeat(1_001), /"bad" is longer than 1000 characters$/],
    ['(a{1,500}){1,2}', /"bad" is (too large|no regular expression)/],
    [String.raw`(\pL{1,100}){1,50}`, /"bad" is (too large|no regular expression)/],
  ])('the pattern %s', (pattern, problem) => {
    expect(compiled(one({ pattern }))).toEqual([expect.stringMatching(problem)])
  })

  it.each([['"'], ['a\\b'], ['a\nb'], ['x'.repeat(65)]])('the mask %j', (mask) => {
    expect(configSchema.safeParse({ ...base, ...one({ words: ['a'] }, { mask }) }).error?.issues).toMatchObject([
      { path: ['contentRules', 0, 'mask'] },
    ])
  })
})
