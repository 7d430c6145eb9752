import { expect, test } from 'vitest'
import { answerBody, requestBody, streamEvents, STREAM_TOKENS } from './exchange-bodies.ts'

test.each([
  { kind: 'small', atLeast: 550, atMost: 700 },
  { kind: 'large', atLeast: 199_000, atMost: 205_000 },
  { kind: 'stream', atLeast: 550, atMost: 720 },
  { kind: 'paced-stream', atLeast: 550, atMost: 740 },
] as const)('the size of the $kind body', ({ kind, atLeast, atMost }) => {
  const { length } = requestBody(kind)
  expect(length).toBeGreaterThanOrEqual(atLeast)
  expect(length).toBeLessThanOrEqual(atMost)
})

test('the mock finds what it looks for at the beginning of the bodies that stream, and only there', () => {
  const beginning = (kind: Parameters<typeof requestBody>[0]) => requestBody(kind).toString('latin1', 0, 120)
  expect(beginning('small')).not.toContain('"stream":true')
  expect(beginning('large')).not.toContain('"stream":true')
  expect(beginning('stream')).toContain('"stream":true')
  expect(beginning('stream')).not.toContain('"user":"paced"')
  expect(beginning('paced-stream')).toMatch(/"stream":true,"user":"paced"/)
})

test('the answer is about 0.6 KB and has its usage', () => {
  const body = answerBody()
  expect(body.length).toBeGreaterThan(500)
  expect(body.length).toBeLessThan(700)
  expect(JSON.parse(body.toString())).toHaveProperty('usage.total_tokens', 171)
})

test('a stream is the role, the tokens, the finish, the usage and [DONE]', () => {
  const events = streamEvents().map(String)
  expect(events).toHaveLength(STREAM_TOKENS + 4)
  expect(events.every((event) => event.startsWith('data: ') && event.endsWith('\n\n'))).toBe(true)
  expect(events.filter((event) => event.includes('"delta":{"content":" token'))).toHaveLength(STREAM_TOKENS)
  expect(events.at(-2)).toContain('"usage":{')
  expect(events.at(-1)).toBe('data: [DONE]\n\n')
})
