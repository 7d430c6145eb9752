import { ERROR_CLASSES } from './series-names.ts'

const QUANTILES = ['p50', 'p75', 'p90', 'p95', 'p99'] as const
const TIMES = ['duration', 'ttft'] as const

/** Measure -> its unit. Success is by request (`client`) and by call to a backend (`attempt`); `ttft`: until the first byte of the answer. */
export const MEASURES: Readonly<Record<string, string>> = {
  requests: 'requests',
  rate: 'requests/s',
  errors: 'requests',
  ...Object.fromEntries(ERROR_CLASSES.map((name) => [`errors.${name}`, 'requests'])),
  attempts: 'calls',
  'success.client': 'share',
  'success.attempt': 'share',
  tokens: 'tokens',
  'tokens.in': 'tokens',
  'tokens.out': 'tokens',
  cost: '1e-9',
  ...Object.fromEntries(TIMES.flatMap((time) => ['avg', ...QUANTILES].map((name) => [`${time}.${name}`, 'ms']))),
}

/** What a chart, a top list or statistics can be told by. Names of the last three are those that usage is kept by: by hour and day, without times. */
export const SERIES_GROUPS = ['model', 'backend', 'service', 'instance', 'key', 'user', 'team'] as const
export type SeriesGroupName = (typeof SERIES_GROUPS)[number]
