import { describe, expect, it } from 'vitest'
import { isContentFilter, isContextLength, type UpstreamSaid } from './refusal.ts'

const text = (message: string): UpstreamSaid => ({ code: null, type: 'invalid_request_error', message })

const TOO_LONG = [
  "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
  "'max_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 10 input tokens",
  'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
  "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
  "Requested token count exceeds the model's maximum context length of 4096 tokens.",
  "Input length (265330) exceeds model's maximum context length (262144).",
  'request (4170 tokens) exceeds the available context size (4096 tokens), try increasing it',
  'the input length exceeds the context length',
  'prompt too long; exceeded max context length by 4 tokens',
  'Your input exceeds the context window of this model.',
  'invalid params, context window exceeds limit (2013)',
  'context length exceeded',
  'The number of tokens to keep from the initial prompt is greater than the context length.',
  'Trying to keep the first 5000 tokens when context the overflows.',
  'prompt is too long: 210000 tokens > 200000 maximum',
  'input length and `max_tokens` exceed context limit: 178902 + 32000 > 200000',
  'Input is too long for requested model.',
  'The input token count (1300000) exceeds the maximum number of tokens allowed (1048575).',
  'Prompt contains 300000 tokens, too large for model with 131072 maximum context length',
  "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
  'Please reduce the length of the messages or completion.',
  'Invalid request: Your request exceeded model token limit: 8192',
  'Range of input length should be [1, 30720]',
  'too many tokens: size limit exceeded by 12 tokens.',
  '`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 20 `max_new_tokens`',
  'Input validation error: `inputs` must have less than 512 tokens. Given: 513',
]

const FILTERED = [
  "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
  'code: ResponsibleAIPolicyViolation',
  'Output blocked by content filtering policy',
  'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
  'Your request was rejected as a result of our safety system.',
  'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO',
  'Content Exists Risk',
  'Input data may contain inappropriate content.',
  'The request was rejected because it was considered high risk',
  'Your input was flagged',
]

const OTHER = [
  '',
  'Unsupported parameter: max_tokens',
  'max_tokens must be at least 1, got 0',
  "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576",
  'Rate limit reached for requests: Limit 3, Used 3',
  'You exceeded your current quota, please check your plan',
  'context_length must be a number',
  "Unknown parameter: 'context size'",
  'The model server is overloaded',
  'content must not be empty',
  'messages: policy is not a known field',
]

describe('isContextLength', () => {
  it.each(TOO_LONG)('%s', (message) =>
    expect([isContextLength(text(message)), isContentFilter(text(message), undefined)]).toEqual([true, false]),
  )

  it.each(['context_length_exceeded', 'context_window_exceeded', 'exceed_context_size_error', 'model_context_window_exceeded', '1261'])(
    'code or type %s',
    (name) => {
      expect(isContextLength({ code: name, type: null, message: '' })).toBe(true)
      expect(isContextLength({ code: '400', type: name.toUpperCase(), message: '' })).toBe(true)
      expect(isContextLength({ code: `${name}x`, message: '' })).toBe(false)
    },
  )
})

describe('isContentFilter', () => {
  it.each(FILTERED)('%s', (message) =>
    expect([isContentFilter(text(message), undefined), isContextLength(text(message))]).toEqual([true, false]),
  )

  it.each([
    'content_filter',
    'content_policy_violation',
    'moderation_blocked',
    'ResponsibleAIPolicyViolation',
    'data_inspection_failed',
    'DataInspectionFailed',
    '1301',
    '1026',
    '1027',
  ])('code or type %s', (name) => {
    expect(isContentFilter({ code: name, message: '' }, undefined)).toBe(true)
    expect(isContentFilter({ code: undefined, type: name, message: '' }, undefined)).toBe(true)
    expect(isContentFilter({ code: `${name}x`, message: '' }, undefined)).toBe(false)
  })
})

it.each(OTHER)('neither: %s', (message) =>
  expect([isContextLength(text(message)), isContentFilter(text(message), undefined)]).toEqual([false, false]),
)

it.each([
  [200, true],
  [400, true],
  [401, false],
  [402, false],
  [403, true],
  [422, true],
  [429, false],
  [451, true],
  [500, false],
])('with the status %d the words of a filter are a refusal: %s', (status, expected) => {
  expect(isContentFilter({ code: 'content_filter', message: '' }, status)).toBe(expected)
})
