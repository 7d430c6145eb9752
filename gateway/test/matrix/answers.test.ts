import { describe, expect, it } from 'vitest'
import type { WireName } from '../doubles/double.ts'
import { startedOnce } from '../support/when-over.ts'
import { ANSWER_CASES, type AnswerCase } from './answer-cases.ts'
import { SCHEMA, user } from './asking.ts'
import { COLUMNS, type Column } from './columns.ts'
import type { Front, Heard } from './fronts/front.ts'
import { FRONTS } from './fronts/fronts.ts'
import { heardOf, startMatrix } from './start-cell.ts'

/* What a backend says, in the words of its wire format, is heard by the client, in those of its dialect. */

const matrix = startedOnce(() => startMatrix())

/** Responses has no stop strings, and Ollama no choice of tools. */
const isSayable = (front: Front, { asking }: AnswerCase): boolean =>
  !(front.name === 'responses' && asking.stop !== undefined) && !(front.name === 'ollama' && asking.toolChoice !== undefined)

const CASES = FRONTS.flatMap((front) =>
  COLUMNS.flatMap((column) =>
    ANSWER_CASES.filter((one) => isSayable(front, one))
      // Ollama can't be made to call a tool.
      .filter(({ asking }) => !(column.wire === 'ollama' && asking.toolChoice !== undefined))
      .map((one) => [front.name, column.name, one.name, { front, column, one }] as const),
  ),
)

/** What a wire tells beside the counts of input and output. */
const TOLD: Readonly<Record<WireName, readonly ('cached' | 'reasoning')[]>> = {
  openai: ['cached', 'reasoning'],
  ollama: [],
  anthropic: ['cached'],
  gemini: ['cached', 'reasoning'],
  cohere: ['cached'],
}

function expected(front: Front, { wire }: Column, { reply, stop, wires, refusal }: AnswerCase): Heard {
  const { input, output } = reply.usage
  const told = (count: 'cached' | 'reasoning'): number =>
    front.name !== 'ollama' && TOLD[wire].includes(count) ? (reply.usage[count] ?? 0) : 0
  const hasIds = wire !== 'ollama' && wire !== 'gemini'
  return {
    reasoning: reply.reasoning ?? '',
    text: (reply.text ?? '') + (refusal?.[wire] ?? ''),
    toolCalls: (reply.toolCalls ?? []).map((call) => ({ ...call, id: hasIds ? call.id : (expect.stringMatching(/^call_./) as string) })),
    stop: wires?.[wire]?.[front.name] ?? stop[front.name],
    usage: { input, output, cached: told('cached'), reasoning: told('reasoning') },
  }
}

describe.each([false, true])('answered, streamed: %s,', (stream) => {
  it.each(CASES)('to %s, by %s: %s', async (_front, _column, _name, { front, column, one }) => {
    const { double, ask } = matrix()(column.name)
    double.reply(one.reply)
    const heard = heardOf(front, await ask(front, one.asking, stream), { stream, column })
    expect(heard).toEqual(expected(front, column, one))
    expect(new Set(heard.toolCalls.map(({ id }) => id)).size).toBe(heard.toolCalls.length)
  })
})

describe.each([false, true])('an answer in a schema, streamed: %s,', (stream) => {
  const JSON_TEXT = '{"cold":true,"city":"Oslo"}'
  const asking = { maximumTokens: 2000, turns: [user('Hi')], schema: SCHEMA }

  it.each(FRONTS.flatMap((front) => COLUMNS.map((column) => [front.name, column.name, { front, column }] as const)))(
    'comes as text to %s, from %s',
    async (_front, _column, { front, column }) => {
      const { double, ask } = matrix()(column.name)
      const usage = { input: 20, output: 7 }
      // Without structured output a tool of the gateway's own takes the answer.
      const call = { id: 'toolu_1', name: 'answer_as_json', arguments: { cold: true, city: 'Oslo' } }
      if (column.name === 'anthropic') double.reply({ kind: 'message', toolCalls: [call], stop: 'tools', usage })
      else double.reply({ kind: 'message', text: JSON_TEXT, stop: 'end', usage })
      const { text, toolCalls, stop } = heardOf(front, await ask(front, asking, stream), { stream, column })
      expect({ text, toolCalls }).toEqual({ text: JSON_TEXT, toolCalls: [] })
      expect(stop).toMatch(/^(stop|end_turn|completed)$/)
    },
  )
})
