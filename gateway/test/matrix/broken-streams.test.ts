import { describe, expect, it } from 'vitest'
import type { Reply } from '../doubles/double.ts'
import { parseObject } from '../doubles/reading.ts'
import { user, type Asking } from './asking.ts'
import { ONE_OF_EACH } from './columns.ts'
import { frontsOf } from './fronts/fronts.ts'
import { startCell, startPairOfCells, textIn } from './start-cell.ts'

/* A stream that fails, or ends before its end: told as an error in the dialect's own form, never taken for complete. */

const TEXT = 'Grüße, 世界, es war ein'
const ASKING: Asking = { maximumTokens: 100, turns: [user('Hi')] }

const BREAKS: readonly (readonly [name: string, reply: (text?: string) => Reply])[] = [
  ['an error', (text) => ({ kind: 'error-in-stream', message: 'Out of memory', ...(text === undefined ? {} : { text }) })],
  ['an end of the connection', (text) => ({ kind: 'cut', how: 'eof', ...(text === undefined ? {} : { text }) })],
  ['a reset of the connection', (text) => ({ kind: 'cut', how: 'reset', ...(text === undefined ? {} : { text }) })],
]

const TABLE = ONE_OF_EACH.flatMap((column) =>
  frontsOf(column).flatMap((front) => BREAKS.map(([name, reply]) => [name, front.name, column.name, { front, column, reply }] as const)),
)

describe('after some text', () => {
  it.each(TABLE)('%s is told to %s, from %s', async (_name, _front, _column, { front, column, reply }) => {
    const { double, ask } = await startCell(column)
    double.reply(reply(TEXT))
    const { status, headers, text } = await ask(front, ASKING, true)
    expect([status, headers['content-type']]).toEqual([200, front.streamType])
    const broken = front.hearBroken(text)
    expect(TEXT.startsWith(broken.text)).toBe(true)
    // What was written before a reset may be lost on the way.
    if (reply(TEXT).kind === 'error-in-stream') expect(broken.text).toBe(TEXT)
    expect(broken.message).toBe('The answer broke off before its end')
    expect(broken.type).toBe(
      { openai: 'stream_interrupted', anthropic: 'api_error', responses: 'stream_interrupted', ollama: '' }[front.name],
    )
    expect(text).not.toContain('Out of memory')
  })
})

describe('before anything else', () => {
  it.each(TABLE)('%s is not seen by %s, from %s: another instance answers', async (_name, _front, _column, { front, column, reply }) => {
    const { double, healthy, ask } = await startPairOfCells(column)
    double.reply(reply())
    const answer = await ask(front, ASKING, true)
    expect(textIn(front, answer, { stream: true, column })).toBe('ok')
    expect([double.requests.length, healthy.requests.length, answer.backend]).toEqual([1, 1, 'second'])
  })

  it.each(TABLE)('%s of the only instance is an error before the stream, to %s, from %s', async (_n, _f, _c, { front, column, reply }) => {
    const { double, ask } = await startCell(column)
    double.reply(reply())
    const { status, headers, text } = await ask(front, ASKING, true)
    expect([status, headers['content-type']]).toEqual([502, 'application/json'])
    expect(front.error(parseObject(text) ?? {}, headers).message).toMatch(/^The model server/)
  })
})

describe('after what only opens the stream', () => {
  // OpenAI's own events go through as they come, the first one, which tells the role, as well.
  it.each(TABLE.filter(([, , column]) => column !== 'openai'))('%s is not seen by %s, from %s', async (_n, _f, _c, cell) => {
    const { front, column, reply } = cell
    const { double, healthy, ask } = await startPairOfCells(column)
    double.reply(reply(''))
    expect(textIn(front, await ask(front, ASKING, true), { stream: true, column })).toBe('ok')
    expect([double.requests.length, healthy.requests.length]).toEqual([1, 1])
  })
})

describe('a whole answer of which half comes', () => {
  it.each(TABLE.filter(([name]) => name !== 'an error'))('by %s is asked for elsewhere, for %s, from %s', async (_n, _f, _c, cell) => {
    const { front, column, reply } = cell
    const { double, healthy, ask } = await startPairOfCells(column)
    double.reply(reply(TEXT))
    expect(textIn(front, await ask(front, ASKING, false), { stream: false, column })).toBe('ok')
    expect([double.requests.length, healthy.requests.length]).toEqual([1, 1])
  })
})
