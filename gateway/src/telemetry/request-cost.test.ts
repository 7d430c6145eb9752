import { describe, expect, it } from 'vitest'
import { costOfRequest, wastedCalls } from './request-cost.ts'
import type { AttemptRecord, RequestRecord } from './request-record.ts'

const PRICES = {
  config: {
    asked: { input: 1, output: 2, currency: 'USD' },
    other: { input: 10, output: 20, image: 0.5, currency: 'USD' },
    euro: { input: 1, output: 1, currency: 'EUR' },
  },
  starting: { 'by-its-own-name': { input: 3, output: 3, currency: 'USD' } },
}
const usageOf = (promptTokens: number, completionTokens: number) => ({
  promptTokens,
  completionTokens,
  totalTokens: promptTokens + completionTokens,
})

function attempt(more: Partial<AttemptRecord>): AttemptRecord {
  return { model: 'asked', upstreamModel: 'm', outcome: 'ok', ...more } as AttemptRecord
}

function record(more: Partial<RequestRecord>): RequestRecord {
  return { model: 'asked', attempts: [], usage: undefined, code: undefined, ...more } as RequestRecord
}

describe('the cost of a request', () => {
  it('is that of its answer, by the price of the model that answered', () => {
    const usage = usageOf(10, 5)
    const own = record({ usage, attempts: [attempt({ usage })] })
    expect(costOfRequest(own, PRICES)).toEqual({ amount: 20_000, currency: 'USD' })
    expect(costOfRequest({ ...own, answeredBy: 'other', fallback: 'model' }, PRICES)).toEqual({ amount: 200_000, currency: 'USD' })
  })

  it('has in it what calls before the answer had begun, each by the price of its own model', () => {
    const [usage, lost] = [usageOf(10, 5), usageOf(10, 1)]
    const attempts = [attempt({ outcome: 'reset', usage: lost }), attempt({ model: 'other', usage })]
    const made = record({ usage, answeredBy: 'other', fallback: 'model', attempts })
    expect(costOfRequest(made, PRICES)).toEqual({ amount: 200_000 + 12_000, currency: 'USD' })
    expect(wastedCalls(made)).toEqual([attempts[0]])
  })

  it('is nothing for an answer that no model gave for it, but for what was lost before', () => {
    const lost = usageOf(10, 1)
    expect(costOfRequest(record({ cache: 'hit' }), PRICES)).toBeUndefined()
    const kept = record({ fallback: 'cache', attempts: [attempt({ outcome: 'reset', usage: lost })] })
    expect(costOfRequest(kept, PRICES)).toEqual({ amount: 12_000, currency: 'USD' })
  })

  it('is that of pictures where nobody tells tokens, and of the shipped prices where the config has none', () => {
    expect(costOfRequest(record({ model: 'other', units: { images: 2 }, attempts: [attempt({})] }), PRICES)).toEqual({
      amount: 1_000_000_000,
      currency: 'USD',
    })
    const usage = usageOf(1, 1)
    const shipped = record({ model: 'unknown', usage, attempts: [attempt({ upstreamModel: 'by-its-own-name', usage })] })
    expect(costOfRequest(shipped, PRICES)).toEqual({ amount: 6_000, currency: 'USD' })
    expect(costOfRequest(shipped, { ...PRICES, starting: undefined })).toBeUndefined()
  })

  it('adds no currencies: the first one counts', () => {
    const [usage, lost] = [usageOf(1, 1), usageOf(1, 1)]
    const attempts = [attempt({ outcome: 'reset', usage: lost }), attempt({ model: 'euro', usage })]
    const made = record({ usage, answeredBy: 'euro', fallback: 'model', attempts })
    expect(costOfRequest(made, PRICES)).toEqual({ amount: 2_000, currency: 'EUR' })
  })
})
