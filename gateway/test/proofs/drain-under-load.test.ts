import { Agent } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { RAW_MODEL } from '../support/proofs/answer-wire.ts'
import { openStreams, sendKnown, startHolding } from '../support/proofs/drained-load.ts'
import { startLoad } from '../support/proofs/open-load.ts'
import { serveFile } from '../support/run-cli.ts'
import { countOf } from '../support/start-fleet.ts'

const STREAMS = 20
const PER_SECOND = 50

it(`SIGTERM loses none of ${PER_SECOND} requests a second and ${STREAMS} streams, though nobody heeds readiness`, async () => {
  const backend = await startHolding()
  onTestFinished(() => backend.close())
  const served = await serveFile({
    server: { drain: { accept: '300ms', grace: '10m' } },
    backends: [{ id: 'a', type: 'openai-compatible', url: backend.url, models: [RAW_MODEL], health: { interval: '1h' } }],
  })
  const streams = await openStreams(served.url, STREAMS)
  // Half of the clients keep their connections, the others make a new one each time.
  const loads = ['kept', 'new'].map((name) => {
    const agent = new Agent({ keepAlive: name === 'kept' })
    onTestFinished(() => agent.destroy())
    const load = startLoad(PER_SECOND / 2, (number) => sendKnown(served.url, agent, `${name}-${number}`))
    return { name, load }
  })
  const ended = () => loads.flatMap(({ name, load }) => load.ended.map(({ number, outcome }) => ({ id: `${name}-${number}`, outcome })))
  await eventually(() => expect(ended().length).toBeGreaterThan(PER_SECOND / 2))
  served.kill('SIGTERM')
  await eventually(() => {
    for (const { load } of loads) expect(load.ended.map(({ outcome }) => outcome)).toContain('refused')
  })
  await Promise.all(loads.map(({ load }) => load.stop()))
  backend.finish()
  expect(countOf(await Promise.all(streams))).toEqual({ whole: STREAMS })
  expect(await served.exited()).toBe(0)

  // What was not answered whole was never taken: neither the gateway nor the backend knows of it. That holds for those
  // that lay in the listener's queue, or on a connection that was being closed, at the moment when it stopped listening.
  const taken = new Set([...served.log().map(({ id }) => String(id)), ...backend.questions])
  expect(ended().filter(({ id, outcome }) => outcome !== 'whole' && taken.has(id))).toEqual([])
  const { whole = 0, refused = 0, ...others } = countOf(ended().map(({ outcome }) => outcome))
  expect(Object.keys(others).filter((outcome) => !/ECONNRESET|EPIPE|hang up/.test(outcome))).toEqual([])
  expect(refused).toBeGreaterThanOrEqual(2)
  expect(whole).toBeGreaterThan(PER_SECOND / 2)
  expect(backend.questions).toHaveLength(STREAMS + whole)
  expect(served.log().filter(({ id }) => /^(kept|new)-/.test(String(id)))).toHaveLength(whole)
})
