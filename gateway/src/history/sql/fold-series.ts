import { sql, type Transaction } from 'kysely'
import { SERIES_DIMENSIONS, SERIES_SUMS } from '@jairouter/contract/management/series-names'
import { FRESH, SERIES_STEP_MS, SERIES_STEPS, type SeriesStep } from '../series-roll-up.ts'
import { ADDED_SERIES, quoted, SERIES, SERIES_KEY, SERIES_NAMES, type HistoryTables, type SqlDialect } from './history-tables.ts'

/** Any number, the same for all: replicas that write share it, and one that folds has it alone, so that none waits for another in a circle. */
export const FOLDING_LOCK = 7_218_007

/** Adds the fresh sums to those of each step, and forgets them, in the transaction that is given. */
export async function foldSeries(transaction: Transaction<HistoryTables>, dialect: SqlDialect): Promise<void> {
  const run = (text: string) => sql.raw(text).execute(transaction)
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${FOLDING_LOCK})`.execute(transaction)
  for (const step of SERIES_STEPS) await run(foldInto(step))
  await run(`delete from ${SERIES} where step = '${FRESH}'`)
}

function foldInto(step: SeriesStep): string {
  const dimensions = SERIES_DIMENSIONS.map(quoted).join(', ')
  const sums = SERIES_SUMS.map((name) => `sum(${quoted(name)})`).join(', ')
  return `insert into ${SERIES} (${SERIES_NAMES.map(quoted).join(', ')})
    select '${step}', start - start % ${SERIES_STEP_MS[step]}, ${dimensions}, class, ${sums}
    from ${SERIES} where step = '${FRESH}' group by 2, ${dimensions}, class
    on conflict (${SERIES_KEY}) do update set ${ADDED_SERIES}`
}
