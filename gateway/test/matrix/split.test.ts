import { describe, expect, it } from 'vitest'
import type { Reply } from '../doubles/double.ts'
import { startedOnce } from '../support/when-over.ts'
import { TIME, user, WEATHER, type Asking } from './asking.ts'
import { COLUMNS } from './columns.ts'
import { FRONTS } from './fronts/fronts.ts'
import { heardOf, startMatrix } from './start-cell.ts'

/* How the bytes of a backend come, one by one or in pieces of any length, changes nothing of what the client hears. */

const REPLY: Reply = {
  kind: 'message',
  reasoning: 'Zürich? 世界',
  text: 'Grüße 👋\n',
  toolCalls: [
    { id: 'call_1', name: 'get_weather', arguments: { city: 'Zürich 👋' } },
    { id: 'call_2', name: 'get_time', arguments: {} },
  ],
  stop: 'tools',
  usage: { input: 20, output: 9 },
}
const ASKING: Asking = { maximumTokens: 2000, turns: [user('Hi')], tools: [WEATHER, TIME] }
const TABLE = FRONTS.flatMap((front) => COLUMNS.map((column) => [front.name, column.name, { front, column }] as const))

/** What the gateway makes up itself is not the same twice. */
const withoutMintedIds = (json: string): string => json.replaceAll(/"call_[\w-]{10,}"/g, '"minted"')

describe.each([1, 3, 7])('in pieces of %i bytes', (split) => {
  const whole = startedOnce(() => startMatrix())
  const cut = startedOnce(() => startMatrix(split))

  it.each(TABLE)('to %s, from %s', async (_front, _column, { front, column }) => {
    const cells = [whole()(column.name), cut()(column.name)]
    for (const { double } of cells) double.reply(REPLY)
    for (const stream of [false, true]) {
      const heard = await Promise.all(cells.map(async ({ ask }) => heardOf(front, await ask(front, ASKING, stream), { stream, column })))
      const [one, other] = heard.map((said) => withoutMintedIds(JSON.stringify(said)))
      expect(other).toBe(one)
      expect(heard[1]).toMatchObject({ reasoning: 'Zürich? 世界', text: 'Grüße 👋\n', usage: { input: 20, output: 9 } })
    }
  })

  it.each(TABLE)('an error in the stream to %s, from %s', async (_front, _column, { front, column }) => {
    const cell = cut()(column.name)
    cell.double.reply({ kind: 'error-in-stream', text: 'Grüße 👋', message: 'Out of memory' })
    const { text } = await cell.ask(front, ASKING, true)
    expect(front.hearBroken(text)).toMatchObject({ text: 'Grüße 👋', message: 'The answer broke off before its end' })
  })
})
