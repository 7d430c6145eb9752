import { describe, expect, it } from 'vitest'
import { defineAdapter } from '../adapters/definition.ts'
import { subjectOf } from './fixtures/subjects.ts'
import type { Guess } from './guess.ts'
import { mismatchOf } from './mismatch.ts'

function looks(server: string, types: Guess['types'], more: Partial<Guess> = {}): Guess {
  return { server, types, sure: true, because: ['answers /x'], byAddress: false, ...more }
}

const ollama = looks('Ollama', ['ollama', 'ollama-native'], { because: ['answers /api/version'] })

describe('a warning', () => {
  it('says what the other type would do', () => {
    expect(mismatchOf(subjectOf('openai-compatible'), ollama)).toBe(
      'type: openai-compatible, but this looks like Ollama (answers /api/version); type: ollama would ask /api/version for its health, send max_completion_tokens as max_tokens and not offer what it lacks (rerank, speech, transcription, translation, imageGeneration, imageEdit, imageVariation, moderation, realtime)',
    )
    expect(mismatchOf(subjectOf('openai-compatible'), looks('Xinference', ['xinference']))).toBe(
      'type: openai-compatible, but this looks like Xinference (answers /x); type: xinference would ask /status for its health, leave out what it refuses (logit_bias) and not offer what it lacks (moderation, realtime)',
    )
  })

  it('names at most three reasons, the most important first', () => {
    expect(mismatchOf(subjectOf('openai'), looks('Google Gemini', ['gemini'], { byAddress: true }))).toContain(
      '; type: gemini would speak its own API, read its models from /v1beta/models?pageSize=1000 and ask /v1beta/models?pageSize=1000 for its health',
    )
  })

  it('has one reason, or none but the name', () => {
    expect(mismatchOf(subjectOf('sglang'), looks('vLLM', ['vllm']))).toMatch(/; type: vllm would fit$/)
    expect(mismatchOf(subjectOf('vllm'), looks('SGLang', ['sglang']))).toMatch(
      /; type: sglang would not offer what it lacks \(translation, realtime\)$/,
    )
  })
})

describe('no warning', () => {
  it('where the types are the same, or two for one server', () => {
    expect(mismatchOf(subjectOf('ollama'), ollama)).toBeUndefined()
    expect(mismatchOf(subjectOf('ollama-native'), ollama)).toBeUndefined()
  })

  it('where nothing is guessed for sure', () => {
    expect(mismatchOf(subjectOf('vllm'), undefined)).toBeUndefined()
    expect(mismatchOf(subjectOf('vllm'), { ...ollama, sure: false })).toBeUndefined()
  })

  it('for an address, which has no type', () => {
    expect(mismatchOf(subjectOf('openai-compatible', { types: [] }), ollama)).toBeUndefined()
  })

  it('for a user’s adapter that extends the guessed one, or none; but for one that extends another', () => {
    const adapter = defineAdapter('mine', { label: 'Mine', paths: { chat: '/c' } })
    const mine = (types: readonly string[]) => subjectOf('vllm', { types, backend: { adapter } })
    expect(mismatchOf(mine(['mine', 'ollama']), ollama)).toBeUndefined()
    expect(mismatchOf(mine(['mine']), ollama)).toBeUndefined()
    expect(mismatchOf(mine(['mine', 'vllm']), ollama)).toMatch(/^type: mine, but this looks like Ollama /)
  })

  it('for a cloud’s second API, which its address does not tell', () => {
    const deepseek = looks('DeepSeek', ['deepseek'], { byAddress: true })
    expect(mismatchOf(subjectOf('anthropic'), deepseek)).toBeUndefined()
    expect(mismatchOf(subjectOf('anthropic'), { ...deepseek, byAddress: false })).toMatch(/^type: anthropic, but /)
    expect(mismatchOf(subjectOf('openai-compatible'), deepseek)).toMatch(/^type: openai-compatible, but /)
  })
})
