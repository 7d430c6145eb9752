import { HISTORY_FIELDS, HISTORY_FLAGS } from '@jairouter/contract/management/history-names'
import { parseQuery } from '@jairouter/contract/management/query'
import type { HistoryFilter } from '../history/port.ts'
import { AdminProblem } from './route.ts'

export interface HistoryRange {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly q?: string | undefined
}

/** What a query of the management API asks for. Throws invalid_query that says where `q` can't be read. */
export function historyFilter({ from, to, q = '' }: HistoryRange): HistoryFilter {
  const parsed = parseQuery(q, { fields: HISTORY_FIELDS, flags: HISTORY_FLAGS })
  if ('problem' in parsed) {
    const { message, ...place } = parsed.problem
    throw new AdminProblem('invalid_query', `${message} (q, characters ${place.from} to ${place.to})`, {
      details: [{ pointer: '/q', code: 'invalid', message }],
      params: place,
    })
  }
  return {
    terms: parsed.terms,
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
  }
}
