import type { Call } from '../call.ts'
import { arrayOf, objectOf, stringOf } from '../json.ts'
import { BadRequest, jsonReply, type Reply } from '../reply.ts'
import { hexOf, seedOf } from '../text.ts'

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
]

/** `/v1/moderations`: a text is flagged in each category whose first word it holds. */
export function answerModeration(call: Call): Reply {
  const texts = textsOf(call.body['input'])
  const results = texts.map((text) => resultOf(text.toLowerCase()))
  return jsonReply(200, { id: `modr-${hexOf(seedOf(call.model, ...texts))}`, model: call.model, results })
}

function textsOf(input: unknown): readonly string[] {
  if (typeof input === 'string') return [input]
  const items = arrayOf(input)
  if (items.length === 0) throw new BadRequest("Missing required parameter: 'input'", 'input', 'missing_required_parameter')
  // Text and picture parts are judged together, separate strings each on its own.
  if (items.every((item) => typeof item === 'string')) return items
  return [items.map((part) => stringOf(objectOf(part)['text']) ?? '').join(' ')]
}

function resultOf(text: string): object {
  const holds = (category: string) => text.includes(category.split('/')[0] ?? category)
  return {
    flagged: CATEGORIES.some((category) => holds(category)),
    categories: Object.fromEntries(CATEGORIES.map((category) => [category, holds(category)])),
    category_scores: Object.fromEntries(CATEGORIES.map((category) => [category, holds(category) ? 0.97 : 0.01])),
    category_applied_input_types: Object.fromEntries(CATEGORIES.map((category) => [category, ['text']])),
  }
}
