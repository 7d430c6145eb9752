/** Notes on a request, and hints of storage, price, speed and style: the answer is the same in kind without them. */
export const REQUEST_HINTS = [
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'prediction',
  'verbosity',
  'stream_options',
] as const
