import { expect, it } from 'vitest'
import { decisionHeader } from './decision-header.ts'
import { newRecord } from './relay-handler.ts'

it('is visible ASCII of at most 4 KB, however long the names and however many the instances', () => {
  const record = newRecord({ endpoint: 'chat', id: 'r-1', address: '192.0.2.1', startedAt: 0, generation: 3 })
  record.model = 'modell-ä % "x"\ud800'
  const whole = decisionHeader(record, 12.345)
  expect(JSON.parse(decodeURIComponent(whole))).toMatchObject({ id: 'r-1', model: 'modell-ä % "x"\ud800', generation: 3, ms: 12.35 })
  const candidates = Array.from({ length: 60 }, (_, index) => ({ instance: `${'ü'.repeat(30)}-${index}`, reason: null, inFlight: 0 }))
  record.plans = [{ at: 1, model: 'm', candidates }]
  const short = decisionHeader(record, 1)
  expect(JSON.parse(decodeURIComponent(short))).not.toHaveProperty('candidates')
  record.model = 'ü'.repeat(2_000)
  const least = decisionHeader(record, 1)
  expect(JSON.parse(decodeURIComponent(least))).toEqual({ id: 'r-1' })
  for (const text of [whole, short, least]) {
    expect(text).toMatch(/^[\x21-\x7e]+$/)
    expect(text.length).toBeLessThanOrEqual(4_096)
  }
})
