import { describe, expect, it } from 'vitest'
import { ask, CASES, expectAnswer, expectBounded, expectBroken, expectRefusal, outcomeOf, startCase } from './ask-and-expect.ts'

describe('a fault with a healthy backend behind', () => {
  it.each(CASES)('$name', async (test) => {
    const started = await startCase(test, true)
    const outcome = outcomeOf(test)
    const another = outcome.kind === 'refused' && outcome.final !== true
    const response = await ask(started, test.streamed)
    if (outcome.kind === 'answered') await expectAnswer(response, test.streamed, 'first')
    else if (another) await expectAnswer(response, test.streamed, 'second')
    else if (outcome.kind === 'refused') await expectRefusal(response, outcome)
    else if (outcome.kind === 'broken') await expectBroken(response, outcome)
    else await expectBounded(response, test.streamed)
    // What the first may still have served says nothing of the second.
    if (outcome.kind === 'bounded') return
    expect(started.healthy?.seen.filter(({ method }) => method === 'POST')).toHaveLength(another ? 1 : 0)
  })
})
