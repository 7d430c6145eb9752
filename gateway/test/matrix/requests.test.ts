import { describe, expect, it } from 'vitest'
import { parseObject } from '../doubles/reading.ts'
import { startedOnce } from '../support/when-over.ts'
import { understoodOf } from './asking.ts'
import { COLUMNS } from './columns.ts'
import { FRONTS } from './fronts/fronts.ts'
import { REQUEST_CASES } from './request-cases.ts'
import { heardOf, startMatrix, understoodBy } from './start-cell.ts'

/* What a client asks, in the words of its dialect, is understood by the backend, in the words of its wire format. */

const matrix = startedOnce(() => startMatrix())

const CASES = FRONTS.flatMap((front) =>
  COLUMNS.flatMap((column) =>
    REQUEST_CASES.filter(({ unsayable }) => unsayable?.[front.name] === undefined).map(
      (one) => [front.name, column.name, one.name, { front, column, one }] as const,
    ),
  ),
)

describe.each([false, true])('asked for, streamed: %s,', (stream) => {
  it.each(CASES)('by %s, of %s: %s', async (_front, _column, _name, { front, column, one }) => {
    const { double, ask } = matrix()(column.name)
    const before = double.requests.length
    const answer = await ask(front, one.asking, stream)
    const exception = one.columns?.[column.name]
    if (exception !== undefined && 'refused' in exception) {
      const { message, param } = front.error(parseObject(answer.text) ?? {}, answer.headers)
      expect([answer.status, double.requests.length - before]).toEqual([400, 0])
      // Dialects without a field for it have it in the message.
      if (param === undefined) expect(message).toContain(exception.refused)
      else expect(param).toBe(exception.refused)
      return
    }
    expect(heardOf(front, answer, { stream, column }).text).toBe('ok')
    expect(double.requests.length - before).toBe(1)
    expect(understoodBy(double)).toEqual({ ...understoodOf(one.asking, { model: column.model, stream }), ...exception?.understood })
  })
})
