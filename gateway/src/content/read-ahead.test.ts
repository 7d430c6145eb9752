import { describe, expect, it } from 'vitest'
import { applyRules } from './apply-rules.ts'
import { Findings } from './findings.ts'
import { builtin, pattern, setOf, words } from './fixtures/rules.ts'
import { PIECE, readAhead, workOf } from './read-ahead.ts'

const rules = setOf(builtin('email'), words('falcon'), pattern(String.raw`EMP-\d{2,4}\b`))
const sentence = 'Write to me@x.com, EMP-1234 of Falcon. '

describe('readAhead', () => {
  it('knows of each text what the rules make of it, as if it were read at once', async () => {
    const texts = ['', 'nothing', sentence, sentence.repeat(3_000), 'x'.repeat(PIECE)]
    const known = await readAhead(texts, rules, () => Promise.resolve())
    for (const text of texts) {
      const [own, through] = [new Findings(), new Findings()]
      const expected = applyRules(text, rules, own)
      expect(known.get(text)?.text).toBe(expected)
      expect(applyRules(text, { ...rules, known }, through)).toBe(expected)
      expect(through).toEqual(own)
    }
  })

  it('pauses after so much work, whether it is one long text or many short ones', async () => {
    const pausesFor = async (texts: readonly string[]) => {
      let pauses = 0
      await readAhead(texts, rules, () => Promise.resolve(void (pauses += 1)))
      return pauses
    }
    const long = sentence.repeat(20_000)
    const expected = Math.floor(workOf(long.length, rules) / PIECE)
    expect(expected).toBeGreaterThan(10)
    expect(await pausesFor([long])).toBeGreaterThanOrEqual(expected)
    expect(await pausesFor(Array.from({ length: 20_000 }, (_, n) => `${sentence}${n}`))).toBeGreaterThanOrEqual(expected)
  })

  it('ends where it is for nothing', async () => {
    let pauses = 0
    const gone = new Error('gone')
    const pause = () => ((pauses += 1) === 2 ? Promise.reject(gone) : Promise.resolve())
    await expect(readAhead([sentence.repeat(50_000)], rules, pause)).rejects.toBe(gone)
    expect(pauses).toBe(2)
  })
})
