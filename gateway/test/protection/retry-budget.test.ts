import { expect, it } from 'vitest'
import { openStream } from '../support/ask.ts'
import { countOf, startFleet } from '../support/start-fleet.ts'

const LISTED = { models: ['sim-chat'] }

it('of a new route’s first clients none fails for one instance that fails at once: their retries are earned by the others’ answers', async () => {
  const fleet = await startFleet({ failing: { backend: LISTED }, spare: { backend: { ...LISTED, priority: 2 } } })
  // Two that are being answered: ten failures in a row are then not all that is known.
  const held = [1, 2].map(() => openStream(fleet.url, {}, { headers: { 'x-simulator-fault': 'stall' } }))
  const streams = await Promise.all(held)
  fleet.simulator('failing').setFault('sim-chat', { name: 'status', status: 500 })
  const answers = await Promise.all(Array.from({ length: 10 }, () => fleet.chat()))
  expect(countOf(answers.map(({ status, backend }) => `${status} ${backend}`))).toEqual({ '200 spare': 10 })
  for (const { leave } of streams) leave()
})
