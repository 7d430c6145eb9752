import { mix32 } from '../../lib/hash.ts'
import type { Call, Persona } from '../call.ts'
import { countOf } from '../json.ts'
import { BadRequest, eventReply, jsonReply, type Reply } from '../reply.ts'
import { CREATED, hexOf, seedOf, tokenCount, wordsOf } from '../text.ts'
import { includesUsage, tokenLimitOf, usageOf } from './usage.ts'

/** `/v1/completions`: one choice for each prompt and each of `n`. */
export function answerCompletion(call: Call, persona: Persona): Reply {
  const prompts = promptsOf(call.body['prompt'])
  const limit = tokenLimitOf(call)
  const tokens = Math.min(limit ?? persona.tokens, persona.tokens)
  const perPrompt = countOf(call.body['n']) ?? 1
  const seeds = prompts.flatMap((prompt) => Array.from({ length: perPrompt }, (_, index) => choiceSeed(call.model, prompt, index)))
  const choices = seeds.map((seed) => wordsOf(seed, tokens))
  const finishReason = tokens < persona.tokens ? 'length' : 'stop'
  const usage = usageOf(
    prompts.reduce((sum, prompt) => sum + tokenCount(prompt), 0),
    tokens * choices.length,
  )
  const frame = {
    id: `cmpl-${hexOf(seedOf(call.model, ...prompts))}`,
    object: 'text_completion',
    created: CREATED,
    model: call.model,
    system_fingerprint: persona.name,
  }
  const choice = (text: string, index: number, reason: string | null) => ({ text, index, logprobs: null, finish_reason: reason })
  if (call.body['stream'] !== true) {
    const whole = choices.map((words, index) => choice(words.join(''), index, finishReason))
    return { ...jsonReply(200, { ...frame, choices: whole, usage }), tokens: usage.completion_tokens }
  }
  const tail = includesUsage(call) ? { usage: null } : {}
  const chunks: unknown[] = choices.flatMap((words, index) =>
    words.map((word, step) => ({ ...frame, choices: [choice(word, index, step === words.length - 1 ? finishReason : null)], ...tail })),
  )
  if (includesUsage(call)) chunks.push({ ...frame, choices: [], usage })
  return { ...eventReply(chunks, '[DONE]'), tokens: usage.completion_tokens }
}

function choiceSeed(model: string, prompt: string, index: number): number {
  const seed = seedOf(model, prompt)
  return index === 0 ? seed : mix32(seed, index)
}

/** A string, a list of them, token numbers, or a list of lists of those. */
export function promptsOf(prompt: unknown, field = 'prompt'): readonly string[] {
  if (typeof prompt === 'string') return [prompt]
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (prompt.every((item) => typeof item === 'number')) return [prompt.join(' ')]
    if (prompt.every((item) => typeof item === 'string' || Array.isArray(item)))
      return prompt.map((item) => (typeof item === 'string' ? item : item.join(' ')))
  }
  throw new BadRequest(`Missing or wrong parameter: '${field}'`, field, 'invalid_value')
}
