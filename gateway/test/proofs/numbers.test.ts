import { expect, it } from 'vitest'
import { makeKeys, readBooks } from '../support/numbers/books.ts'
import { startCountingBackends } from '../support/numbers/counting-backends.ts'
import { sendMixedLoad } from '../support/numbers/mixed-load.ts'
import { findDisagreements } from '../support/numbers/numbers-agree.ts'
import { BACKENDS, numbersConfig } from '../support/numbers/numbers-config.ts'
import { startControlled } from '../support/start-controlled.ts'
import { whenOver } from '../support/when-over.ts'

const REQUESTS = 1_000

it(`of ${REQUESTS} mixed requests clients, backends and all books count the same`, { timeout: 300_000 }, async () => {
  const backends = await startCountingBackends(BACKENDS)
  whenOver(() => backends.close())
  const { backends: configured = [], ...config } = numbersConfig(backends.urls)
  const members = Object.fromEntries(configured.map((backend) => [backend.id, { backend }]))
  const { url, admin, token } = await startControlled(members, config, { level: 'silent' })
  const desk = { url, admin, token }
  const keys = await makeKeys(desk)
  const observed = await sendMixedLoad({ url, backends, keys, requests: REQUESTS, width: 16 })
  const books = await readBooks(desk, observed.length)
  const { compared, disagreements } = findDisagreements({ observed, calls: backends.calls, books })
  expect(disagreements).toEqual([])
  expect(compared).toBeGreaterThan(5 * REQUESTS)
})
