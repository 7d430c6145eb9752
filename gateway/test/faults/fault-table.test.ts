import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/simulator/faults/fault.ts'
import { FAULT_NAMES } from '../../src/simulator/faults/table.ts'
import type { Faulty } from '../support/start-faulty.ts'
import { ask, CASES, expectAnswer, expectBounded, expectBroken, expectRefusal, outcomeOf, startCase } from './ask-and-expect.ts'
import { FAULT_ROWS } from './fault-table.ts'

/** The same backend, now well, on a connection that a fault may have spoilt: the process and its pools live. */
async function expectAlive(started: Faulty, fault: Fault): Promise<void> {
  started.faulty.setFault('*', undefined)
  // It asked for another credential or another account, or for longer than anybody waits: it is left alone, well or not.
  const leftAlone = ['unauthorized', 'payment-required', 'quota'].includes(fault.name)
  if (leftAlone || fault.status === 401 || fault.retryAfter === '30') {
    expect((await ask(started, false)).status).toBeOneOf([429, 503])
    return
  }
  await expectAnswer(await ask(started, false), false, 'first')
}

it('has a row for every fault of the simulator', () => {
  const rows = new Set(FAULT_ROWS.map(({ fault }) => fault.name))
  expect(FAULT_NAMES.filter((name) => !rows.has(name))).toEqual([])
})

describe('a fault without another backend', () => {
  it.each(CASES)('$name', async (test) => {
    const started = await startCase(test, false)
    const outcome = outcomeOf(test)
    const response = await ask(started, test.streamed)
    if (outcome.kind === 'answered') await expectAnswer(response, test.streamed, 'first')
    else if (outcome.kind === 'refused') await expectRefusal(response, outcome)
    else if (outcome.kind === 'broken') await expectBroken(response, outcome)
    else await expectBounded(response, test.streamed)
    await started.gateway.settled(1)
    expect(started.gateway.records[0]).toMatchObject({ status: response.status, attempts: [{ backend: 'first' }] })
    await expectAlive(started, test.row.fault)
  })
})
