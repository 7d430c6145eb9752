import type { ListAnswer, ListQuery } from '@jairouter/contract/management/list'
import { isoTime } from '../lib/iso-time.ts'
import { parseJson } from '../lib/json.ts'
import { AdminProblem } from './route.ts'

type Scalar = string | number | boolean | undefined
type FieldValue = Scalar | readonly string[]

/** What a list of such items can be sorted and filtered by. */
export interface ListShape<Item> {
  /** Name of a field in the query -> its value. Lists match when one of their members does. */
  readonly fields: Readonly<Record<string, (item: Item) => FieldValue>>
  /** Different for each item; what is alike otherwise is in the order of these. */
  readonly id: (item: Item) => string
  /** As in the query: `name`, `-createdAt`. */
  readonly sort: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** A list's query, with filters of its own: field -> one value, or several with commas between them. */
export type FilterQuery = ListQuery & Readonly<Record<string, unknown>>

/** Longer texts are in the order of their beginnings, so that a cursor has a bound. */
const SORTED_CHARACTERS = 100

type Key = readonly [value: string | number | null, id: string]

/**
 * One page of a list that is in memory as a whole. A cursor names the last item's place, not its number: what is added
 * or removed between two pages neither repeats nor hides another item.
 */
export function listPage<Item>(items: readonly Item[], query: FilterQuery, shape: ListShape<Item>): ListAnswer<Item> {
  const sort = query.sort ?? shape.sort
  const field = sortField(sort, shape)
  const direction = sort.startsWith('-') ? -1 : 1
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, sort)

  const found = items.filter((item) => passes(item, query, shape) && holds(item, query.q, shape))
  const keyed = found.map((item): readonly [Key, Item] => [[sortable(field(item)), shape.id(item)], item])
  keyed.sort(([a], [b]) => direction * compare(a, b))
  const rest = after === undefined ? keyed : keyed.filter(([key]) => direction * compare(key, after) > 0)
  const page = rest.slice(0, query.limit)
  const last = page.at(-1)?.[0]
  return {
    items: page.map(([, item]) => item),
    ...(last === undefined || rest.length <= page.length ? {} : { next: writeCursor(sort, last) }),
    total: { value: found.length, exact: true },
    asOf: isoTime(shape.now),
  }
}

function sortField<Item>(sort: string, { fields }: ListShape<Item>): (item: Item) => FieldValue {
  const name = sort.replace(/^-/, '')
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (field === undefined) {
    throw refused(
      'sort',
      `There is no field "${name}" to sort by`,
      `One of ${Object.keys(fields).join(', ')}, with - before it for the greatest first`,
    )
  }
  return field
}

function passes<Item>(item: Item, query: FilterQuery, { fields }: ListShape<Item>): boolean {
  return Object.entries(fields).every(([name, field]) => {
    const wanted = query[name]
    if (wanted === undefined) return true
    const alternatives = String(wanted).toLowerCase().split(',')
    return textsOf(field(item)).some((text) => alternatives.includes(text))
  })
}

function holds<Item>(item: Item, q: string | undefined, { fields }: ListShape<Item>): boolean {
  const wanted = q?.trim().toLowerCase() ?? ''
  return wanted === '' || Object.values(fields).some((field) => textsOf(field(item)).some((text) => text.includes(wanted)))
}

function textsOf(value: FieldValue): readonly string[] {
  if (value === undefined) return []
  return (typeof value === 'object' ? value : [String(value)]).map((text) => text.toLowerCase())
}

/** Null comes first; texts whatever their case. */
function sortable(value: FieldValue): Key[0] {
  if (value === undefined || typeof value === 'number') return value ?? null
  return (typeof value === 'object' ? value.join(' ') : String(value)).toLowerCase().slice(0, SORTED_CHARACTERS)
}

function compare([a, idOfA]: Key, [b, idOfB]: Key): number {
  return rank(a) - rank(b) || order(a ?? 0, b ?? 0) || order(idOfA, idOfB)
}

function rank(value: Key[0]): number {
  if (value === null) return 0
  return typeof value === 'number' ? 1 : 2
}

function order<Value extends string | number>(a: Value, b: Value): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function writeCursor(sort: string, key: Key): string {
  return Buffer.from(JSON.stringify([sort, ...key])).toString('base64url')
}

function readCursor(cursor: string, sort: string): Key {
  const read = parseJson(Buffer.from(cursor, 'base64url').toString())
  const [of, value, id]: readonly unknown[] = Array.isArray(read) ? read : []
  const isValue = value === null || typeof value === 'string' || typeof value === 'number'
  if (of === sort && isValue && typeof id === 'string') return [value, id]
  throw refused(
    'cursor',
    'The cursor is not of this list in this order',
    'Take it from `next` of the answer before, and leave `sort` as it was',
  )
}

function refused(parameter: string, message: string, hint: string): AdminProblem {
  return new AdminProblem('invalid_query', message, { details: [{ pointer: `/${parameter}`, code: 'invalid', message, hint }] })
}
