import { hash32, mix32 } from '../lib/hash.ts'

/** Not ASCII alone: a cut between two bytes of a character must be met in daily tests. */
const WORDS = (
  'amber bridge candle delta ember forest garden harbor island jungle kettle lantern meadow needle orbit pebble quartz river ' +
  'saddle timber umbra valley willow yonder zephyr copper thistle marble naïve façade größer Åland Ωmega данные 数据 路由 ひかり 🚀 🌊'
).split(' ')

/** One word for each token, the same for the same seed; joined they are the text. */
export function wordsOf(seed: number, count: number): string[] {
  const tokens: string[] = []
  for (let index = 0; index < count; index += 1) {
    const word = WORDS[mix32(seed, index) % WORDS.length] ?? ''
    tokens.push(index === 0 ? word : ` ${word}`)
  }
  return tokens
}

/** A number that stands for these texts; parts are told apart. */
export function seedOf(...parts: readonly string[]): number {
  return hash32(parts.join('\u0000'))
}

/** What a tokenizer might count: four characters to the token. */
export function tokenCount(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4))
}

/** Eight hex digits, for ids. */
export function hexOf(seed: number): string {
  return seed.toString(16).padStart(8, '0')
}

/** Answers name no real moment: the same request gives the same bytes on every day. */
export const CREATED = 1_754_000_000
