import type { FieldTable } from './query.ts'

/** What else a request was. Places in the list are bits of what is stored: new ones go to its end. */
export const HISTORY_FLAGS = [
  'error',
  'slow',
  'retried',
  'hedged',
  'fallback',
  'cached',
  'aborted',
  'estimated',
  'stream',
  'limited',
  'slow-first-token',
  'slow-between-tokens',
  'captured',
] as const
export type HistoryFlag = (typeof HISTORY_FLAGS)[number]

/** What `q` can ask for of a request. */
export const HISTORY_FIELDS = {
  id: 'text',
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
  code: 'text',
  cache: 'text',
  fallback: 'text',
  hedge: 'text',
  experiment: 'text',
  group: 'text',
  flag: 'flag',
  status: 'number',
  attempts: 'number',
  ms: 'number',
  firstMs: 'number',
  overheadMs: 'number',
  queuedMs: 'number',
  in: 'number',
  cached: 'number',
  out: 'number',
  reasoning: 'number',
  total: 'number',
  cost: 'number',
} as const satisfies FieldTable

export const FACET_FIELDS = ['model', 'backend', 'key', 'user', 'status', 'code', 'flag'] as const
export type FacetField = (typeof FACET_FIELDS)[number]

/** What sums are kept by. */
export const USAGE_DIMENSIONS = ['key', 'keyId', 'user', 'team', 'model', 'backend', 'service', 'currency'] as const
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number]

/** What is summed up. Tokens and costs of what was estimated are in the sums, and there by themselves as well. */
export const USAGE_SUMS = [
  'requests',
  'errors',
  'streams',
  'cacheHits',
  'fallbacks',
  'attempts',
  'in',
  'cached',
  'out',
  'reasoning',
  'total',
  'images',
  'characters',
  'audioSeconds',
  'ms',
  'cost',
  'estimatedRequests',
  'estimatedTokens',
  'unpriced',
] as const
export type UsageSum = (typeof USAGE_SUMS)[number]

export type UsageSums = Readonly<Record<UsageSum, number>>
