import { expect, it } from 'vitest'
import { changesUnderLoad, switchedModel, TARGETS } from '../support/proofs/changes-under-load.ts'
import { openStore } from '../../src/store/open-store.ts'
import { temporaryDirectory } from '../support/run-cli.ts'
import { startControlled } from '../support/start-controlled.ts'
import { countOf } from '../support/start-fleet.ts'

const KEY = 'key-of-the-load-0123456789'
const CHANGES = 24
const PER_SECOND = 60

/** The long form: `npm run prove -- config-changes`. */
it(`${CHANGES} changes by API under ${PER_SECOND} requests a second lose none, and each is there for the next request`, async () => {
  const store = await openStore({ type: 'sqlite', path: await temporaryDirectory() }, { now: Date.now })
  const { url, token, records } = await startControlled(
    { one: {}, two: {} },
    { auth: { keys: [{ name: 'load', key: KEY }] }, models: [switchedModel(TARGETS[0])], log: { level: 'warn' } },
    { store, level: 'warn' },
  )
  const report = await changesUnderLoad({ url, token, key: KEY, changes: CHANGES, everyMs: 150, perSecond: PER_SECOND })
  expect(report.failures).toEqual([])
  expect(report.changes).toBe(CHANGES)
  const { whole = 0, ...others } = countOf(report.requests.map(({ outcome }) => outcome))
  expect(others).toEqual({})
  expect(whole).toBeGreaterThan(PER_SECOND)
  // Both have answered, so that there was something to be told apart.
  const backends = countOf(records.flatMap(({ attempts }) => attempts.map(({ backend }) => backend)))
  expect(Object.keys(backends).toSorted()).toEqual([...TARGETS])
})
