import { expect, it } from 'vitest'
import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'
import { parseJsonCall } from '../endpoints/parse-json-call.ts'
import { withoutEcho } from './without-echo.ts'

const [chat] = ENDPOINT_DEFINITIONS
function callWith(content: string) {
  if (chat === undefined) throw new Error('there is no endpoint')
  // As Python's clients escape it.
  const body = JSON.stringify({ model: 'Qwen3-8B-Instruct', messages: [{ role: 'user', content }] }).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return parseJsonCall(chat, Buffer.from(body))
}

it.each([
  ['CUDA out of memory', 'tell me a secret', 'CUDA out of memory'],
  ['cannot parse "my password is hunter2" here', 'my password is hunter2', 'cannot parse "…" here'],
  ['bad: 我的密码是猎人二号啊 end', '我的密码是猎人二号啊', 'bad: … end'],
  ['model Qwen3-8B-Instruct crashed', 'hi', 'model Qwen3-8B-Instruct crashed'],
  ['', 'hi', ''],
])('%s', (message, content, expected) => {
  expect(withoutEcho(message, callWith(content))).toBe(expected)
})

it('says nothing where comparing would cost too much', () => {
  expect(withoutEcho('anything', callWith('x'.repeat(40_000)))).toContain('withheld')
})
