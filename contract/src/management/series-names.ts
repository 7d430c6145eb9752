/** What series are kept by. `sent`: the model's name as the backend knows it; with the backend it names the instance. */
export const SERIES_DIMENSIONS = ['service', 'model', 'backend', 'sent'] as const
export type SeriesDimension = (typeof SERIES_DIMENSIONS)[number]

/** Why a request was not answered. */
export const ERROR_CLASSES = ['client', 'limited', 'left', 'upstream', 'timeout', 'unavailable', 'internal'] as const
export type ErrorClass = (typeof ERROR_CLASSES)[number]

/**
 * What is summed up for each class of durations. `judged` are calls that say something of their instance, `firsts` are
 * first bytes whose time is of that class, and `firstMs` is their sum.
 */
export const SERIES_SUMS = [
  'requests',
  ...ERROR_CLASSES,
  'judged',
  'succeeded',
  'in',
  'out',
  'total',
  'cost',
  'ms',
  'firsts',
  'firstMs',
] as const
export type SeriesSum = (typeof SERIES_SUMS)[number]
export type SeriesSums = Readonly<Record<SeriesSum, number>>
