import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const ids = ['vllm', 'ollama', 'openai', 'openai-compatible', 'gpustack', 'tei', 'groq']

test.each([
  ['vlm', 'vllm'],
  ['olama', 'ollama'],
  ['olalma', 'ollama'],
  ['OpenAI', 'openai'],
  ['openai_compatible', 'openai-compatible'],
  ['openai-compat', 'openai-compatible'],
  ['gpu-stack', 'gpustack'],
  ['tie', 'tei'],
  ['gorq', 'groq'],
])('%s is near %s', (word, expected) => {
  expect(nearest(word, ids)).toBe(expected)
})

test.each([[''], ['x'], ['anthropic'], ['t'], ['gemini'], ['openai-compatible-with-much-more']])('%s is near nothing', (word) => {
  expect(nearest(word, ids)).toBeUndefined()
})

test('the nearest wins, and the first of equals', () => {
  expect(nearest('modal', ['modules', 'models', 'model', 'medal'])).toBe('model')
  expect(nearest('cat', ['bat', 'hat'])).toBe('bat')
  expect(nearest('cat', [])).toBeUndefined()
})

test('a word that is too long to be a slip is compared with nothing', () => {
  expect(nearest('v'.repeat(128), ['v'.repeat(127)])).toBe('v'.repeat(127))
  expect(nearest('v'.repeat(129), ['v'.repeat(129)])).toBeUndefined()
})

describe('for any words', () => {
  const word = fc.string({ minLength: 1, maxLength: 40 })

  test('a candidate equal to the word is it', () => {
    fc.assert(
      fc.property(word, fc.array(word), (wanted, others) => {
        expect(nearest(wanted, [...others, wanted])?.toLowerCase()).toBe(wanted.toLowerCase())
      }),
    )
  })

  test('one edit in a word of six letters or more is forgiven', () => {
    const longer = fc.stringMatching(/^[a-z]{6,40}$/)
    fc.assert(
      fc.property(longer, fc.nat(), fc.constantFrom('insert', 'delete', 'replace', 'swap'), (wanted, at, edit) => {
        const index = at % (wanted.length - 1)
        const [before, letter, next, after] = [
          wanted.slice(0, index),
          wanted[index] ?? '',
          wanted[index + 1] ?? '',
          wanted.slice(index + 2),
        ]
        const changed = {
          insert: `${before}#${letter}${next}${after}`,
          delete: `${before}${next}${after}`,
          replace: `${before}#${next}${after}`,
          swap: `${before}${next}${letter}${after}`,
        }
        expect(nearest(changed[edit], [wanted])).toBe(wanted)
      }),
    )
  })

  test('what comes back is a candidate within a third of the word’s length', () => {
    fc.assert(
      fc.property(word, fc.array(word), (wanted, candidates) => {
        const found = nearest(wanted, candidates)
        if (found === undefined) return
        expect(candidates).toContain(found)
        expect(plainDistance(wanted.toLowerCase(), found.toLowerCase())).toBeLessThanOrEqual(
          Math.min(5, Math.max(1, Math.floor(wanted.toLowerCase().length / 3))),
        )
      }),
    )
  })

  test('what is within reach is found', () => {
    const letters = fc.stringMatching(/^[ab]{3,14}$/)
    fc.assert(
      fc.property(letters, letters, (wanted, candidate) => {
        const reach = Math.max(1, Math.floor(wanted.length / 3))
        expect(nearest(wanted, [candidate])).toBe(plainDistance(wanted, candidate) <= reach ? candidate : undefined)
      }),
      { numRuns: 2_000 },
    )
  })
})

/** The textbook recursion with neighbours swapped (optimal string alignment), over the whole table. */
function plainDistance(a: string, b: string): number {
  const memory = new Map<string, number>()
  const distance = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j
    const key = `${i},${j}`
    const known = memory.get(key)
    if (known !== undefined) return known
    const options = [distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)]
    if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) options.push(distance(i - 2, j - 2) + 1)
    const result = Math.min(...options)
    memory.set(key, result)
    return result
  }
  return distance(a.length, b.length)
}
