import { join } from 'node:path'
import { askApi } from '../../../gateway/test/support/ask-api.ts'
import { makeKeys, readBooks } from '../../../gateway/test/support/numbers/books.ts'
import { startCountingBackends } from '../../../gateway/test/support/numbers/counting-backends.ts'
import { sendMixedLoad } from '../../../gateway/test/support/numbers/mixed-load.ts'
import { findDisagreements } from '../../../gateway/test/support/numbers/numbers-agree.ts'
import { BACKENDS, numbersConfig } from '../../../gateway/test/support/numbers/numbers-config.ts'
import { startPostgres } from '../../../gateway/test/store/postgres-server.ts'
import { atLeast, atMost, describeCounts, countOf, shown, type Figure, type Proof, type ProofContext } from './proof.ts'
import { startProven } from './proven-gateway.ts'

const REQUESTS = 10_000
const WIDTH = 32
/** Each row is asked for by itself. */
const LIMIT_MS = 600_000
const PASSWORD = 'the password of this proof'

export const numbersOnSqlite: Proof = {
  id: 'numbers-sqlite',
  about: `clients, backends, metrics, rows, sums and budgets of ${REQUESTS} mixed requests are the same, store sqlite`,
  limitMs: LIMIT_MS,
  run: (context) => countAll(context, { type: 'sqlite' }),
}

export const numbersOnPostgres: Proof = {
  id: 'numbers-postgres',
  about: 'the same, store postgres',
  limitMs: LIMIT_MS,
  async run(context) {
    const server = await startPostgres()
    try {
      return await countAll(context, { type: 'postgres', url: await server.createPlace() })
    } finally {
      await server.stop()
    }
  },
}

async function countAll(context: ProofContext, store: { readonly type: 'sqlite' | 'postgres'; readonly url?: string }): Promise<Figure[]> {
  const backends = await startCountingBackends(BACKENDS)
  // The lines of thousands of requests are nobody's to read here.
  const config = { ...numbersConfig(backends.urls), log: { level: 'error' as const } }
  const gateway = await startProven(
    context,
    { ...config, store: { ...store, path: join(context.folder, 'data') } },
    { JAIROUTER_ADMIN_PASSWORD: PASSWORD },
  )
  try {
    const { url } = gateway
    const session = await askApi(url, 'POST /session', { body: { name: 'admin', password: PASSWORD } })
    const desk = { url, admin: url, token: String(session.json['accessToken']) }
    const keys = await makeKeys(desk)
    const startedAt = performance.now()
    const observed = await sendMixedLoad({ url, backends, keys, requests: REQUESTS, width: WIDTH, signal: context.signal })
    const seconds = (performance.now() - startedAt) / 1_000
    const books = await readBooks(desk, observed.length)
    const { compared, disagreements } = findDisagreements({ observed, calls: backends.calls, books })
    const total = (of: (row: (typeof books.rows)[number]) => number) => books.rows.reduce((sum, row) => sum + of(row), 0)
    return [
      atLeast('requests', observed.length, REQUESTS),
      shown('in', `${seconds.toFixed(0)} s`),
      shown('calls to backends', backends.calls.length),
      shown('answers', describeCounts(countOf(books.rows.map(({ status, code }) => (code === '' ? String(status) : `${status} ${code}`))))),
      shown('tokens in and out', `${total((row) => row.in)} and ${total((row) => row.out)}`),
      atLeast('numbers compared', compared, 5 * REQUESTS),
      atMost('of them not the same', disagreements.length, 0),
      ...disagreements.slice(0, 20).map((disagreement) => shown('disagreement', disagreement)),
    ]
  } finally {
    await gateway.stop()
    await backends.close()
  }
}
