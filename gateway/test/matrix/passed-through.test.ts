import { describe, expect, it } from 'vitest'
import { ask as askDirectly } from '../support/ask.ts'
import { startedOnce } from '../support/when-over.ts'
import { ANSWER_CASES } from './answer-cases.ts'
import { user } from './asking.ts'
import { NATIVE_COLUMNS } from './columns.ts'
import { frontsOf } from './fronts/fronts.ts'
import { REQUEST_CASES } from './request-cases.ts'
import { startMatrix } from './start-cell.ts'

/* Where a backend speaks the client's dialect nothing is translated: what is sent is what comes, but for the model's name. */

const matrix = startedOnce(() => startMatrix())

const CELLS = NATIVE_COLUMNS.flatMap((column) => frontsOf(column).map((front) => ({ column, front })))

const REQUESTS = CELLS.flatMap(({ column, front }) =>
  REQUEST_CASES.filter(({ unsayable }) => unsayable?.[front.name] === undefined).map(
    ({ name, asking }) => [column.name, name, { column, front, asking }] as const,
  ),
)

const ANSWERS = CELLS.flatMap(({ column, front }) =>
  ANSWER_CASES.map(({ name, reply }) => [column.name, name, { column, front, reply }] as const),
)

/** Every answer of a double counts. */
const withoutNumbers = (text: string): string => text.replaceAll(/"msg_\d+"/g, '"msg"')

describe.each([false, true])('streamed: %s,', (stream) => {
  it.each(REQUESTS)('a request to %s: %s', async (_column, _name, { column, front, asking }) => {
    const { double, ask } = matrix()(column.name)
    await ask(front, asking, stream)
    expect(double.requests.at(-1)?.body).toEqual(front.body(asking, column.model, stream))
  })

  it.each(ANSWERS)('an answer of %s: %s', async (_column, _name, { column, front, reply }) => {
    const { double, ask } = matrix()(column.name)
    double.reply(reply)
    const asking = { maximumTokens: 2000, turns: [user('Hi')] }
    const { status, headers, text } = await ask(front, asking, stream)
    const direct = await askDirectly(`${double.url}${front.path}`, {
      body: front.body(asking, column.model, stream),
      headers: { 'x-api-key': 'key', 'anthropic-version': '2023-06-01' },
    })
    expect([status, headers['content-type']]).toEqual([200, stream ? front.streamType : 'application/json'])
    expect(withoutNumbers(text)).toBe(withoutNumbers(direct.text))
  })
})
