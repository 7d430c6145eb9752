import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { messageFromEvents } from '../../src/dialects/anthropic/fixtures/message-from-events.ts'
import { responseFromEvents } from '../../src/dialects/responses/fixtures/response-from-events.ts'
import type { Reply } from '../doubles/double.ts'
import { objectOf, objectsOf, parseObject } from '../doubles/reading.ts'
import { startedOnce } from '../support/when-over.ts'
import { WEATHER } from './asking.ts'
import type { ColumnName } from './columns.ts'
import { anthropic } from './fronts/anthropic.ts'
import { check, type Front } from './fronts/front.ts'
import { ollama } from './fronts/ollama.ts'
import { openai } from './fronts/openai.ts'
import { responses } from './fronts/responses.ts'
import { startMatrix, understoodBy } from './start-cell.ts'

/* Thoughts come with a signature, which the backend wants back unchanged in the next request of a loop of tools. */

const matrix = startedOnce(() => startMatrix())

const REPLY: Reply = {
  kind: 'message',
  reasoning: 'They want the weather.\nSo be it.',
  text: 'Let me see',
  toolCalls: [{ id: 'toolu_1', name: 'get_weather', arguments: { city: 'Oslo' } }],
  stop: 'tools',
  usage: { input: 20, output: 9 },
}

/** How a client of the dialect sends an answer back, with the result of its call, as its official SDK's users do: what it does not know it keeps. */
interface Looper {
  readonly front: Front
  /** A whole answer out of the events of a stream; undefined where this test leaves that to the official clients. */
  readonly assembled?: (stream: Buffer) => JsonObject
  first(model: string): JsonObject
  next(first: JsonObject, answer: JsonObject): JsonObject
}

const LOOPERS: readonly Looper[] = [
  {
    front: openai,
    first: (model) => openai.body(asking(), model, false),
    next: (first, answer) => {
      const message = objectOf(objectsOf(answer['choices'])[0]?.['message'])
      const [call] = objectsOf(message['tool_calls'])
      return {
        ...first,
        messages: [...objectsOf(first['messages']), message, { role: 'tool', tool_call_id: call?.['id'], content: '3 °C' }],
      }
    },
  },
  {
    front: anthropic,
    assembled: messageFromEvents,
    first: (model) => anthropic.body(asking(), model, false),
    next: (first, answer) => {
      const content = objectsOf(answer['content'])
      const id = content.find(({ type }) => type === 'tool_use')?.['id']
      const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: '3 °C' }] }
      return { ...first, messages: [...objectsOf(first['messages']), { role: 'assistant', content }, result] }
    },
  },
  {
    front: responses,
    assembled: responseFromEvents,
    first: (model) => ({ ...responses.body(asking(), model, false), input: [{ role: 'user', content: 'Hi' }] }),
    next: (first, answer) => {
      const output = objectsOf(answer['output'])
      const id = output.find(({ type }) => type === 'function_call')?.['call_id']
      return { ...first, input: [...objectsOf(first['input']), ...output, { type: 'function_call_output', call_id: id, output: '3 °C' }] }
    },
  },
]

const asking = () => ({
  maximumTokens: 2000,
  turns: [{ role: 'user', text: 'Hi', images: [], toolCalls: [] }] as const,
  tools: [WEATHER],
  thinking: true,
})

/** What the backend is asked in the second turn. */
async function loop({ front, first, next, assembled }: Looper, name: ColumnName, stream = false): Promise<JsonObject> {
  const { double, post } = matrix()(name)
  double.reply(REPLY)
  const asked = first(`public-${name}`)
  const { text } = await post(front, { ...asked, stream })
  const answer = stream ? assembled?.(Buffer.from(text)) : parseObject(text)
  const { status, text: second } = await post(front, next(asked, answer ?? {}))
  check(status === 200, second)
  return double.requests.at(-1)?.body ?? {}
}

const SIGNED = { type: 'thinking', thinking: 'They want the weather.\nSo be it.', signature: 'EqQBCkgIDhABGAIiQDoubleSignature==' }

describe('the signature of Anthropic’s thoughts', () => {
  it.each(LOOPERS.flatMap((looper) => (['anthropic', 'claude'] as const).map((column) => [looper.front.name, column, looper] as const)))(
    'comes back with them through %s, from %s',
    async (_front, column, looper) => {
      const { messages, thinking } = await loop(looper, column)
      expect(objectsOf(messages)).toEqual([
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        {
          role: 'assistant',
          content: [
            SIGNED,
            { type: 'text', text: 'Let me see' },
            { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Oslo' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: '3 °C' }] }] },
      ])
      expect(objectOf(thinking)['type']).toMatch(/^(enabled|adaptive)$/)
    },
  )
})

describe('the signature of Gemini’s calls', () => {
  it.each(LOOPERS.map((looper) => [looper.front.name, looper] as const))('comes back with the call through %s', async (front, looper) => {
    const { contents } = await loop(looper, 'gemini-3')
    const call = objectsOf(objectsOf(contents)[1]?.['parts']).find(({ functionCall }) => functionCall !== undefined)
    // Anthropic's blocks have no place for it: what Google documents for lost ones goes in its place.
    const signature = front === 'anthropic' ? 'skip_thought_signature_validator' : 'EpEgCo4gAdouble=='
    expect(call).toMatchObject({ functionCall: { name: 'get_weather', args: { city: 'Oslo' } }, thoughtSignature: signature })
  })
})

describe('a client of Ollama without ids', () => {
  const turns = [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: '',
      tool_calls: ['Oslo', 'Roma'].map((city) => ({ function: { name: 'get_weather', arguments: { city } } })),
    },
    { role: 'tool', tool_name: 'get_weather', content: '3 °C' },
    { role: 'tool', tool_name: 'get_weather', content: '21 °C' },
  ]

  it.each(['openai', 'anthropic', 'cohere', 'gemini', 'ollama'] as const)('has its calls and results paired for %s', async (column) => {
    const { double, post } = matrix()(column)
    double.reply({ kind: 'message', text: 'ok', stop: 'end', usage: { input: 1, output: 1 } })
    const { status, text } = await post(ollama, {
      model: `public-${column}`,
      stream: false,
      options: { num_predict: 2000 },
      messages: turns,
    })
    check(status === 200, text)
    const [, called, one, other] = understoodBy(double).turns
    expect(called?.toolCalls.map(({ arguments: value }) => value)).toEqual([{ city: 'Oslo' }, { city: 'Roma' }])
    expect([one?.text, other?.text]).toEqual(['3 °C', '21 °C'])
    const ids = called?.toolCalls.map(({ id }) => id) ?? []
    expect([one?.answersCall, other?.answersCall]).toEqual(ids)
    expect(new Set(ids).size).toBe(2)
  })
})
