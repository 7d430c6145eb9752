import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { turnsDuring } from '../support/turns-during.ts'
import { answering, FORBIDDEN, RULES, SECRET, startGuarded } from './guarded.ts'

const PATTERNS = Array.from({ length: 20 }, (_, n) => ({
  name: `pattern-${n}`,
  match: { pattern: `(?i)project[-_ ]?${n}[a-z]+\\d{2,8}` },
  action: 'mask' as const,
}))
const rules = { contentRules: [...RULES, ...PATTERNS], defaults: { content: [...RULES, ...PATTERNS].map(({ name }) => name) } }
const long = 'The quick brown fox jumps over the lazy dog 1234 times in project 7. '.repeat(15_000)
const chatOf = (content: string) => ({ model: 'm', messages: [{ role: 'user', content }] })

describe('a request of a megabyte under many rules', () => {
  it('is looked through as a short one, and the event loop turns meanwhile', { timeout: 120_000 }, async () => {
    const { url, asked, records } = await startGuarded(answering({ content: 'ok' }), rules)
    const answer = ask(`${url}/v1/chat/completions`, { body: chatOf(`${long}${SECRET} ${long}project-3abc123`) })
    const turns = await turnsDuring(answer)
    expect((await answer).status).toBe(200)
    // Nobody wants to read the difference of two megabytes.
    expect(JSON.stringify(asked()) === JSON.stringify(chatOf(`${long}[email] ${long}[masked]`))).toBe(true)
    expect(records[0]?.content).toContainEqual({ rule: 'pattern-3', action: 'mask', where: 'request', count: 1 })
    // Once for each piece; a few dozen where all of it is done in between.
    expect(turns).toBeGreaterThan(300)
  })

  it('is blocked by what stands at its end', { timeout: 120_000 }, async () => {
    const { url, server } = await startGuarded(answering({ content: 'ok' }), rules)
    const { status, text } = await ask(`${url}/v1/chat/completions`, { body: chatOf(`${long} ${FORBIDDEN}`) })
    expect([status, text]).toEqual([400, expect.stringContaining('content_blocked')])
    expect(server.requests).toHaveLength(0)
  })

  it('is given up when its client leaves', { timeout: 120_000 }, async () => {
    const { url, server, records } = await startGuarded(answering({ content: 'ok' }), rules)
    const leaving = new AbortController()
    const asked = fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chatOf(long)),
      signal: leaving.signal,
    })
    const gone = expect(asked).rejects.toThrow()
    await eventually(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      expect(metrics).toMatch(/in_flight[^\n]* 1$/m)
    })
    leaving.abort()
    await gone
    await eventually(() => expect(records).toHaveLength(1))
    expect([server.requests.length, records[0]?.status]).toEqual([0, 499])
  })
})
