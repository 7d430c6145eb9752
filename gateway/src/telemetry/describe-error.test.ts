import { expect, test } from 'vitest'
import { describeChain, describeError, maskedText } from './describe-error.ts'

const KEY = 'sk-canary0123456789abcdef'
const PROMPT = 'the prompt of somebody'

test('what hangs on an error is left out, whatever it is called, all the way down', () => {
  const inner = Object.assign(new Error('inner'), { body: PROMPT, detail: PROMPT, code: 'E_INNER' })
  const error = Object.assign(new Error('outer', { cause: inner }), {
    headers: { authorization: `Bearer ${KEY}` },
    request: { body: PROMPT },
    config: { apiKey: KEY },
    input: PROMPT,
  })
  const described = describeError(error)
  expect(JSON.stringify(described)).not.toMatch(/canary|somebody/)
  expect(described).toMatchObject({ type: 'Error', message: 'outer', cause: { type: 'Error', message: 'inner', code: 'E_INNER' } })
  expect(described).toHaveProperty('stack', expect.stringMatching(/^ {4}at /))
})

test('what a parser quotes is withheld, in the stack too', () => {
  let error: unknown
  try {
    JSON.parse(PROMPT)
  } catch (thrown) {
    error = thrown
  }
  expect(String(error)).toContain('prompt')
  expect(JSON.stringify(describeError(error))).not.toContain('prompt')
  expect(describeChain(new Error('outer', { cause: error }))).toMatch(/^outer: not what a parser expected/)
})

test('what is no error shows its type alone', () => {
  expect([PROMPT, { body: PROMPT }, 7, undefined].map((thrown) => describeError(thrown))).toEqual([
    '(string)',
    '(object)',
    '(number)',
    '(undefined)',
  ])
  expect(describeChain(new Error('outer', { cause: PROMPT }))).toBe('outer: (string)')
})

test('a chain that never ends, and errors that are not as they should be', () => {
  const circle = new Error('circle')
  circle.cause = circle
  expect(JSON.stringify(describeError(circle))).toMatch(/circle/)
  expect(describeChain(circle).split(': ')).toHaveLength(5)
  const odd = Object.assign(new Error('x'), { message: { body: PROMPT }, name: 7, stack: PROMPT, code: 5 })
  expect(JSON.stringify(describeError(odd))).not.toContain('prompt')
  const many = new AggregateError([new Error('one', { cause: { PROMPT } }), PROMPT], 'all failed')
  expect(describeError(many)).toMatchObject({ message: 'all failed', errors: [{ message: 'one', cause: '(object)' }, '(string)'] })
})

test.each([
  [`connect postgres://user:${KEY}@db:5432/x failed`, 'connect postgres://***@db:5432/x failed'],
  [`authorization: Bearer ${KEY}`, 'authorization: *** ***'],
  [`Bearer ${KEY} was refused`, 'Bearer *** was refused'],
  [`?api_key=${KEY}&a=1`, '?api_key=***&a=1'],
  [`{"password":"${KEY}","user":"a"}`, '{"password":"***","user":"a"}'],
  [`key ${KEY} is wrong`, 'key sk-*** is wrong'],
  ['jr-abcdefgh12345678 is wrong', 'jr-*** is wrong'],
  ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln is over', 'token *** is over'],
  ['getaddrinfo ENOTFOUND sk-host.example', 'getaddrinfo ENOTFOUND sk-host.example'],
  ['connect ECONNREFUSED 10.0.0.5:8000', 'connect ECONNREFUSED 10.0.0.5:8000'],
])('%s', (text, expected) => {
  expect(maskedText(text)).toBe(expected)
})

test('long texts are bounded, and cost no more than their length', () => {
  const long = `token=${'a'.repeat(1_000_000)}`
  expect(maskedText(long).length).toBeLessThan(5_000)
  expect(JSON.stringify(describeError(new Error('x'.repeat(1_000_000)))).length).toBeLessThan(10_000)
})
