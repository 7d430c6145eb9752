import { HISTORY_FLAGS, type HistoryFlag } from '@jairouter/contract/management/history-names'

type Kind = 'text' | 'text?' | 'integer' | 'real' | 'integer?' | 'real?'

/** Columns of a request's row, in their order: the tables, what is written, and exports are made of this. Texts are '' where there is nothing. */
export const REQUEST_COLUMNS = {
  id: 'text',
  /** Epoch milliseconds: when it came in. */
  time: 'integer',
  key: 'text',
  keyId: 'text',
  user: 'text',
  team: 'text',
  client: 'text',
  dialect: 'text',
  endpoint: 'text',
  service: 'text',
  model: 'text',
  asked: 'text',
  sent: 'text',
  answeredBy: 'text',
  backend: 'text',
  status: 'integer',
  code: 'text',
  /** Bits in the order of HISTORY_FLAGS. */
  flags: 'integer',
  attempts: 'integer',
  ms: 'real',
  firstMs: 'real?',
  overheadMs: 'real?',
  pausedMs: 'real',
  queuedMs: 'real?',
  in: 'integer',
  cached: 'integer',
  out: 'integer',
  reasoning: 'integer',
  total: 'integer',
  images: 'integer',
  characters: 'integer',
  audioSeconds: 'real',
  /** Billionths; null: nobody knows. */
  cost: 'integer?',
  currency: 'text',
  cache: 'text',
  fallback: 'text',
  hedge: 'text',
  experiment: 'text',
  group: 'text',
  generation: 'integer',
  error: 'text',
  /** The words of `error`, with spaces around each: what a search looks at. */
  words: 'text',
} as const satisfies Readonly<Record<string, Kind>>

/** What is told of each call, in the order in which its cells are kept with the request's row: new ones go to the end. */
export const ATTEMPT_COLUMNS = {
  n: 'integer',
  why: 'text',
  backend: 'text',
  instance: 'text',
  sent: 'text',
  outcome: 'text',
  code: 'text',
  status: 'integer',
  startMs: 'real',
  ms: 'real',
  backOffMs: 'real',
  connectedMs: 'real?',
  headersMs: 'real?',
  in: 'integer',
  out: 'integer',
  cost: 'integer?',
  estimated: 'integer',
} as const satisfies Readonly<Record<string, Kind>>

/** What was said, where it was to be kept. */
export const CONTENT_COLUMNS = {
  /** JSON of messages; null: that side was not to be kept. */
  input: 'text?',
  output: 'text?',
  masked: 'integer',
  cut: 'integer',
} as const satisfies Readonly<Record<string, Kind>>

interface Values {
  readonly 'text?': string | null
  readonly text: string
  readonly integer: number
  readonly real: number
  readonly 'integer?': number | null
  readonly 'real?': number | null
}

type Row<Columns extends Readonly<Record<string, Kind>>> = { readonly [Name in keyof Columns]: Values[Columns[Name]] }

export type RequestRow = Row<typeof REQUEST_COLUMNS>
export type AttemptRow = Row<typeof ATTEMPT_COLUMNS>
export type ContentRow = Row<typeof CONTENT_COLUMNS>
export type RequestColumn = keyof typeof REQUEST_COLUMNS

/** A request that is over, with its calls. */
export interface HistoryEntry {
  readonly request: RequestRow
  readonly attempts: readonly AttemptRow[]
  readonly content?: ContentRow | undefined
}

/** Rows as they are kept: `seq` is the store's own, and counts up. */
export type StoredRow = RequestRow & { readonly seq: number }

/** Of a request; `time` is when that came in. */
export type StoredContent = ContentRow & { readonly time: number }

export const REQUEST_NAMES = Object.keys(REQUEST_COLUMNS) as readonly RequestColumn[]
export const ATTEMPT_NAMES = Object.keys(ATTEMPT_COLUMNS) as readonly (keyof typeof ATTEMPT_COLUMNS)[]

export const CONTENT_NAMES = Object.keys(CONTENT_COLUMNS) as readonly (keyof typeof CONTENT_COLUMNS)[]

export function bitOf(flag: HistoryFlag): number {
  return 1 << HISTORY_FLAGS.indexOf(flag)
}

export function flagsOf(bits: number): readonly HistoryFlag[] {
  return HISTORY_FLAGS.filter((flag) => (bits & bitOf(flag)) !== 0)
}
