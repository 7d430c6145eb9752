import { beforeAll, describe, expect, it } from 'vitest'
import { loadCodecs } from '../adapters/codecs/codec-of.ts'
import { authenticationOf, isDenied, isPassed } from './credential.ts'
import { answered, answerOf, type Said } from './fixtures/servers.ts'
import { adapterOf } from './fixtures/subjects.ts'

beforeAll(loadCodecs)

/** `[question, status]` pairs. */
function verdict(keyGiven: boolean, answers: readonly (readonly [asked: string, status: number])[], type = 'vllm') {
  return authenticationOf({ adapter: adapterOf(type), keyGiven, answers: answers.map(([asked, status]) => answerOf(asked, [status])) })
}

const LIST = 'GET /v1/models'
const CHAT = 'POST /v1/chat/completions'

describe('a key is', () => {
  it('accepted where the same question is refused without it', () => {
    const accepted = { verdict: 'accepted', keyGiven: true }
    expect(
      verdict(true, [
        [LIST, 200],
        [`${LIST} keyless`, 401],
      ]),
    ).toEqual(accepted)
    expect(
      verdict(true, [
        [LIST, 200],
        [`${LIST} keyless`, 403],
      ]),
    ).toEqual(accepted)
    expect(
      verdict(true, [
        [LIST, 200],
        [`${LIST} keyless`, 200],
        [CHAT, 400],
        [`${CHAT} keyless`, 401],
      ]),
    ).toEqual(accepted)
    // A key that may not do all: what it may, it may.
    expect(
      verdict(true, [
        [LIST, 200],
        [`${LIST} keyless`, 401],
        [CHAT, 403],
      ]),
    ).toEqual(accepted)
  })

  it('refused by any answer that says so, unless it is proven', () => {
    expect(verdict(true, [[LIST, 401]])).toEqual({ verdict: 'refused', status: 401, keyGiven: true })
    expect(
      verdict(true, [
        [LIST, 200],
        [`${LIST} keyless`, 200],
        [CHAT, 403],
      ]),
    ).toEqual({ verdict: 'refused', status: 403, keyGiven: true })
    expect(verdict(false, [[LIST, 401]])).toEqual({ verdict: 'refused', status: 401, keyGiven: false })
    // That others are refused, too, says nothing for a key that is.
    expect(
      verdict(true, [
        [LIST, 401],
        [`${LIST} keyless`, 401],
      ]),
    ).toEqual({ verdict: 'refused', status: 401, keyGiven: true })
  })

  it('refused by a status that means the same to this server', () => {
    expect(verdict(true, [[LIST, 498]], 'cohere')).toEqual({ verdict: 'refused', status: 498, keyGiven: true })
    expect(verdict(true, [[LIST, 498]])).toEqual({ verdict: 'unknown', keyGiven: true })
  })

  it('not needed where the list is open', () => {
    expect(
      verdict(false, [
        [LIST, 200],
        [CHAT, 400],
      ]),
    ).toEqual({ verdict: 'not-needed', keyGiven: false })
    expect(
      verdict(true, [
        [LIST, 200],
        [`${LIST} keyless`, 200],
        [CHAT, 400],
        [`${CHAT} keyless`, 400],
      ]),
    ).toEqual({
      verdict: 'not-needed',
      keyGiven: true,
    })
  })

  it('unknown where nothing is proven', () => {
    expect(verdict(true, [])).toEqual({ verdict: 'unknown', keyGiven: true })
    expect(verdict(true, [[LIST, 200]])).toEqual({ verdict: 'unknown', keyGiven: true })
    expect(
      verdict(false, [
        [LIST, 404],
        [CHAT, 400],
      ]),
    ).toEqual({ verdict: 'unknown', keyGiven: false })
    expect(
      verdict(true, [
        [CHAT, 400],
        [`${CHAT} keyless`, 400],
      ]),
    ).toEqual({ verdict: 'unknown', keyGiven: true })
    // Refused without the key, and gone with it.
    expect(
      verdict(true, [
        [LIST, 404],
        [`${LIST} keyless`, 401],
      ]),
    ).toEqual({ verdict: 'unknown', keyGiven: true })
  })

  it('unknown for a cloud that shows its list to everyone', () => {
    expect(
      verdict(
        true,
        [
          [LIST, 200],
          [`${LIST} keyless`, 200],
        ],
        'openai',
      ),
    ).toEqual({ verdict: 'unknown', keyGiven: true })
    expect(verdict(false, [[LIST, 200]], 'openai')).toEqual({ verdict: 'unknown', keyGiven: false })
  })
})

describe('an answer', () => {
  const of = (status: number) => answered([status] satisfies Said)

  it.each([200, 299, 400, 413, 415, 422])('%d got past the key', (status) => {
    expect(isPassed(adapterOf('vllm'), of(status))).toBe(true)
  })

  it.each([300, 401, 403, 404, 405, 429, 500, 503])('%d did not', (status) => {
    expect(isPassed(adapterOf('vllm'), of(status))).toBe(false)
  })

  it('is denied by 401, 403 and what stands for them', () => {
    expect([400, 401, 402, 403, 404, 498].filter((status) => isDenied(adapterOf('cohere'), of(status)))).toEqual([401, 403, 498])
  })

  it('is denied by a 400 that says so, as Google and some who speak OpenAI’s API do', () => {
    const google = { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'no', details: [{ reason: 'API_KEY_INVALID' }] } }
    expect(isDenied(adapterOf('gemini'), answered([400, google]))).toBe(true)
    expect(isPassed(adapterOf('gemini'), answered([400, google]))).toBe(false)
    expect(isDenied(adapterOf('vllm'), answered([400, { error: { message: 'no', code: 'invalid_api_key' } }]))).toBe(true)
    expect(isDenied(adapterOf('vllm'), answered([400, { error: { message: 'no', code: 400 } }]))).toBe(false)
    expect(isDenied(adapterOf('vllm'), answered([422, { error: { message: 'no', code: 'invalid_api_key' } }]))).toBe(false)
  })
})
