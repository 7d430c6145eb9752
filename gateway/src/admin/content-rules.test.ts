import { contentTestResultSchema } from '@jairouter/contract/management/content-rules'
import { configSchema } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { compile } from '../config/compile.ts'
import { contentRuleRoutes } from './content-rules.ts'
import { AdminProblem } from './route.ts'

const config = configSchema.parse({
  contentRules: [
    { name: 'mail', match: { builtin: 'email' }, action: 'mask', on: ['answer'] },
    { name: 'stop', match: { words: ['falcon'] }, action: 'block' },
  ],
})
const compiled = compile(config, new Map(), { generation: 1 })
const [route] = contentRuleRoutes({ rules: () => ('snapshot' in compiled ? compiled.snapshot.contentRules : new Map()) })

async function test(body: unknown): Promise<unknown> {
  const answer = await route?.handle({
    params: undefined,
    query: undefined,
    body: route.body?.parse(body),
    headers: {},
    actor: undefined,
    origin: { actor: { kind: 'system' } },
    requestId: 'r',
    address: '127.0.0.1',
    ifMatch: undefined,
    dryRun: false,
    signal: new AbortController().signal,
  })
  return contentTestResultSchema.parse(answer?.body)
}

describe('what is found', () => {
  it('by all rules of the config', async () => {
    expect(await test({ text: 'a falcon for me@x.com' })).toEqual({
      matches: [
        { rule: 'stop', action: 'block', start: 2, end: 8 },
        { rule: 'mail', action: 'mask', start: 13, end: 21 },
      ],
      masked: 'a falcon for [email]',
      blockedBy: 'stop',
    })
  })

  it('by some of them', async () => {
    expect(await test({ text: 'a falcon for me@x.com', names: ['mail'] })).toEqual({
      matches: [{ rule: 'mail', action: 'mask', start: 13, end: 21 }],
      masked: 'a falcon for [email]',
    })
  })

  it('by rules of no config, as the example says', async () => {
    expect(await test(route?.example?.request)).toEqual(route?.example?.answer)
    expect(await test({ text: 'EMP-1', rules: [{ name: 'x', match: { pattern: 'EMP-[0-9]' }, action: 'flag' }] })).toEqual({
      matches: [{ rule: 'x', action: 'flag', start: 0, end: 5 }],
      masked: 'EMP-1',
    })
  })
})

describe('what is wrong is told by its place', () => {
  const rule = (match: object) => ({ name: 'x', match, action: 'mask' })
  it.each([
    [{ text: '', names: ['mial'] }, '/names/0', 'There is no content rule "mial"'],
    [{ text: '', names: ['mail'], rules: [rule({ words: ['a'] })] }, '/rules', 'Give either names or rules'],
    [{ text: '', rules: [rule({})] }, '/rules/0/match', 'the rule "x" needs exactly one of words, pattern and builtin'],
    [{ text: '', rules: [rule({ words: ['a'] }), rule({ pattern: '(?=a)b' })] }, '/rules/1/match/pattern', 'has a look-ahead'],
  ])('%j', async (body, pointer, message) => {
    const problem: unknown = await test(body).catch((error: unknown) => error)
    expect(problem).toBeInstanceOf(AdminProblem)
    expect(problem).toMatchObject({ code: 'invalid_request', details: [{ pointer, message: expect.stringContaining(message) }] })
  })
})
