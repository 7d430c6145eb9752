import { wordsOf } from '@jairouter/contract/management/query'
import type { AttemptRow, HistoryEntry, RequestRow } from '../../src/history/history-row.ts'

/** Two days of random rows, of which many are alike: the same for the same seed. */
export function randomEntries(count: number, seed = 1): HistoryEntry[] {
  const random = randomFrom(seed)
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value
  const whole = (most: number) => Math.floor(random() * most)
  return Array.from({ length: count }, (_, index) => {
    const error = pick(['', '', '', 'connect ECONNREFUSED (ECONNREFUSED)', 'upstream answered 500: Überlast im Kern', 'socket hang up'])
    const words = wordsOf(error)
    const attempts = Array.from({ length: whole(3) }, (__, n): AttemptRow => ({
      n: n + 1,
      why: n === 0 ? 'first' : 'retry',
      backend: pick(['gpu-1', 'gpu-2']),
      instance: 'gpu-1/m',
      sent: 'm',
      outcome: pick(['ok', 'reset']),
      code: '',
      status: 200,
      startMs: random() * 10,
      ms: 1.25,
      backOffMs: 0,
      connectedMs: pick([null, 0.5]),
      headersMs: 1,
      in: whole(100),
      out: 3,
      cost: pick([null, 12]),
      estimated: whole(2),
    }))
    const request: RequestRow = {
      id: `r-${seed}-${index}`,
      time: START + whole(DAYS_MS),
      key: pick(['', 'ci', 'user:ada', "o'neil"]),
      keyId: pick(['', 'k1']),
      user: pick(['', 'ada', 'bob']),
      team: pick(['', 'red']),
      client: '127.0.0.1',
      dialect: pick(['openai', 'anthropic']),
      endpoint: 'chat',
      service: pick(['chat', 'embedding']),
      model: pick(['', 'gpt-4o', 'gpt-4o-mini', 'Größe_%[x]*']),
      asked: pick(['gpt', 'x "y" \\ z']),
      sent: 'm',
      answeredBy: '',
      backend: pick(['', 'gpu-1', 'gpu-2']),
      status: pick([200, 200, 200, 404, 429, 499, 502]),
      code: error === '' ? '' : pick(['upstream_error', 'client_closed']),
      flags: whole(1024),
      attempts: attempts.length,
      ms: Math.round(random() * 1e6) / 100,
      firstMs: pick([null, 12.5, 300]),
      overheadMs: pick([null, 0.25]),
      pausedMs: 0,
      queuedMs: pick([null, null, 7]),
      in: whole(1_000),
      cached: whole(10),
      out: whole(500),
      reasoning: whole(5),
      total: whole(1_500),
      images: whole(2),
      characters: 0,
      audioSeconds: whole(3),
      cost: pick([null, 0, whole(1e9), 4e12]),
      currency: pick(['', 'USD', 'EUR']),
      cache: pick(['', 'hit']),
      fallback: '',
      hedge: '',
      experiment: '',
      group: '',
      generation: 1,
      error,
      words: words.length === 0 ? '' : ` ${words.join(' ')} `,
    }
    return { request, attempts }
  })
}

/** At the beginning of a day. */
export const START = Date.UTC(2026, 2, 1)
export const DAYS_MS = 2 * 86_400_000

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
