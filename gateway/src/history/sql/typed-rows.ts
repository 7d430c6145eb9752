import { REQUEST_COLUMNS, type StoredRow } from '../history-row.ts'

/** As far as the columns are there. */
export function requestFrom(row: object): StoredRow {
  return { ...typed(row, REQUEST_COLUMNS), seq: Number(Reflect.get(row, 'seq')) } as StoredRow
}

export function typed(row: object, columns: Readonly<Record<string, string>>): object {
  const values = Object.entries(columns).map(([name, kind]) => {
    const value: unknown = Reflect.get(row, name)
    return [name, kind.startsWith('text') || value === null || value === undefined ? value : Number(value)] as const
  })
  return Object.fromEntries(values)
}
