import { describe, expect, it } from 'vitest'
import { readAnswer, type Received } from './heard.ts'

const json = { 'content-type': 'application/json' }
const events = { 'content-type': 'text/event-stream; charset=utf-8' }
const received = (more: Partial<Received>): Received => ({ status: 200, headers: json, body: '', end: 'ended', ...more })
const whole = JSON.stringify({ choices: [{ message: { content: 'Yes.' }, finish_reason: 'stop' }], usage: { completion_tokens: 2 } })
const stream = (...data: readonly unknown[]): string =>
  data.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')
const piece = (content: string, finish: string | null = null) => ({ choices: [{ delta: { content }, finish_reason: finish }] })
const usage = { choices: [], usage: { completion_tokens: 2 } }
const error = { error: { code: 'stream_interrupted', message: 'It broke.' } }

describe('a plain answer', () => {
  it.each([
    ['whole, with text and usage', received({ body: whole }), { ending: 'whole', text: 'Yes.', completionTokens: 2 }],
    ['no end without finish_reason', received({ body: '{"choices":[{"message":{"content":"Ye"}}]}' }), { ending: 'silent', text: 'Ye' }],
    ['garbled where it is cut', received({ body: whole.slice(0, -4) }), { ending: 'garbled', text: '' }],
    ['garbled where it is an array', received({ body: '[]' }), { ending: 'garbled' }],
    [
      'an error with its code and text',
      received({ status: 502, body: '{"error":{"code":"upstream_error","message":"No."}}' }),
      { ending: 'error', status: 502, code: 'upstream_error', message: 'No.' },
    ],
    ['an error without a code', received({ status: 400, body: '{"error":{"code":null,"message":"No."}}' }), { ending: 'error', code: '' }],
    ['garbled where an error is no error body', received({ status: 502, body: '{"detail":"No."}' }), { ending: 'garbled' }],
    ['garbled where a stream comes', received({ headers: events, body: stream(piece('Yes.', 'stop'), '[DONE]') }), { ending: 'garbled' }],
    ['broken with the connection, however much has come', received({ body: whole, end: 'broken' }), { ending: 'broken' }],
    ['hung when the client gives up', received({ body: whole, end: 'hung' }), { ending: 'hung' }],
  ])('is %s', (_, answer, expected) => {
    expect(readAnswer(answer, 'plain')).toMatchObject(expected)
  })
})

describe('a stream', () => {
  const read = (body: string, more: Partial<Received> = {}) => readAnswer(received({ headers: events, body, ...more }), 'streamed')

  it('is whole with finish_reason and [DONE]; comments are no matter', () => {
    const body = `: ping\n\n${stream(piece('Ye'), piece('s.', 'stop'), usage, '[DONE]')}`
    expect(read(body)).toEqual({ ending: 'whole', status: 200, headers: events, text: 'Yes.', code: '', message: '', completionTokens: 2 })
  })

  it('is silent without [DONE], without finish_reason, or with [DONE] after an error', () => {
    expect(read(stream(piece('Yes.', 'stop')))).toMatchObject({ ending: 'silent', text: 'Yes.' })
    expect(read(stream(piece('Yes.'), '[DONE]'))).toMatchObject({ ending: 'silent' })
    expect(read(stream(piece('Ye'), error, '[DONE]'))).toMatchObject({ ending: 'silent', code: '' })
    expect(read('')).toMatchObject({ ending: 'silent', text: '' })
  })

  it('is an error with an error event and no [DONE]', () => {
    expect(read(stream(piece('Ye'), error))).toMatchObject({
      ending: 'error',
      text: 'Ye',
      code: 'stream_interrupted',
      message: 'It broke.',
    })
  })

  it('is garbled with an event that is no JSON object, also before a good end', () => {
    expect(read(stream(piece('Ye'), '{"choices":', piece('s.', 'stop'), '[DONE]'))).toMatchObject({ ending: 'garbled', text: 'Yes.' })
  })

  it('is garbled where a whole document comes in its place, but not where that is an error', () => {
    expect(read(whole, { headers: json })).toMatchObject({ ending: 'garbled' })
    expect(read('{"error":{"code":"x","message":"No."}}', { headers: json, status: 503 })).toMatchObject({ ending: 'error', code: 'x' })
  })
})
