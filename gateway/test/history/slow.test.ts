import { describe, expect, it } from 'vitest'
import { parseQuery } from '@jairouter/contract/management/query'
import { HISTORY_FIELDS, HISTORY_FLAGS } from '@jairouter/contract/management/history-names'
import { MemoryHistory } from '../../src/history/memory-history.ts'
import { flagsOf } from '../../src/history/history-row.ts'
import { ask } from '../support/ask.ts'
import { startRecorded } from './start-recorded.ts'

/** A millisecond is nothing that a model server could keep to. */
const SLOW = { total: '1h', firstToken: '1h', betweenTokens: '1h' }

describe('slow requests', () => {
  it('are flagged and counted by what was slow, as their model says', async () => {
    const store = new MemoryHistory()
    const { fleet, history } = await startRecorded(
      { a: { simulator: { tokens: 5, tokensPerSecond: 100 } } },
      {
        store,
        explain: { sample: 0 },
        services: { chat: { slow: SLOW } },
        models: [
          { name: 'whole', targets: [{ backend: 'a', model: 'sim-chat' }], slow: '1ms' },
          { name: 'first', targets: [{ backend: 'a', model: 'sim-chat' }], slow: { firstToken: '1ms' } },
          { name: 'between', targets: [{ backend: 'a', model: 'sim-chat' }], slow: { betweenTokens: '1ms' } },
          { name: 'patient', targets: [{ backend: 'a', model: 'sim-chat' }] },
        ],
      },
    )
    fleet.simulator('a').setFault('sim-chat', { name: 'slow-first-event', after: 20 })
    for (const model of ['whole', 'first', 'between', 'patient']) await fleet.chat({ model, stream: true })
    await fleet.settled(4)
    await history.flush()

    const parsed = parseQuery('flag:slow', { fields: HISTORY_FIELDS, flags: HISTORY_FLAGS })
    const terms = 'terms' in parsed ? parsed.terms : []
    const { rows } = await store.page({ filter: { terms }, limit: 10, deadlineMs: 10_000 })
    const flags = Object.fromEntries(rows.map(({ model, flags: bits }) => [model, flagsOf(bits).filter((flag) => flag.startsWith('slow'))]))
    expect(flags).toEqual({ whole: ['slow'], first: ['slow', 'slow-first-token'], between: ['slow', 'slow-between-tokens'] })

    const { text } = await ask(`${fleet.url}/metrics`)
    const counted = text.split('\n').filter((line) => line.startsWith('jairouter_slow_requests_total'))
    expect(counted.toSorted()).toEqual([
      'jairouter_slow_requests_total{service="chat",model="between",kind="between-tokens"} 1',
      'jairouter_slow_requests_total{service="chat",model="first",kind="first-token"} 1',
      'jairouter_slow_requests_total{service="chat",model="whole",kind="total"} 1',
    ])
    const kept = [...fleet.gateway.traces.newest()].map(({ trace }) => `${trace.model}: ${trace.why.join(' ')}`)
    expect(kept.filter((line) => line.includes('slow')).toSorted()).toEqual(['between: slow', 'first: slow', 'whole: slow'])
  })
})
