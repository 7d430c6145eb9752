import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isErrorBody, readUpstreamError } from './upstream-error-body.ts'

const read = (body: unknown, status = 400) => readUpstreamError(status, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))

describe('readUpstreamError', () => {
  it.each([
    ['OpenAI', { error: { message: 'm', type: 't', param: 'p', code: 'c' } }, { message: 'm', type: 't', param: 'p', code: 'c' }],
    [
      'vLLM, a number as code',
      { error: { message: 'm', type: 'BadRequestError', param: null, code: 400 } },
      { message: 'm', type: 'BadRequestError', code: '400' },
    ],
    [
      'older vLLM, SGLang, Mistral: flat',
      { object: 'error', message: 'm', type: 't', param: null, code: 400 },
      { message: 'm', type: 't', code: '400' },
    ],
    ['Ollama, vLLM 401: a string', { error: 'Unauthorized' }, { message: 'Unauthorized' }],
    ['TEI native', { error: 'm', error_type: 'Validation' }, { message: 'm', type: 'Validation' }],
    ['TEI on /v1', { message: 'm', code: 429, type: 'Overloaded' }, { message: 'm', type: 'Overloaded', code: '429' }],
    ['FastAPI', { detail: 'm' }, { message: 'm' }],
    [
      'FastAPI validation',
      { detail: [{ loc: ['body', 'input'], msg: 'field required', type: 'x' }] },
      { message: 'body.input: field required' },
    ],
    ['Mistral 422', { object: 'error', message: { detail: [{ loc: ['body'], msg: 'bad' }] } }, { message: 'body: bad' }],
    ['GPUStack auth', { code: 401, reason: 'Unauthorized', message: 'm' }, { message: 'm', type: 'Unauthorized', code: '401' }],
    [
      'Gemini in an array',
      [{ error: { code: 400, message: 'm', status: 'INVALID_ARGUMENT' } }],
      { message: 'm', type: 'INVALID_ARGUMENT', code: '400' },
    ],
    ['MiniMax', { base_resp: { status_code: 1004, status_msg: 'm' } }, { message: 'm', code: '1004' }],
    ['Zhipu', { error: { code: '1214', message: 'm' } }, { message: 'm', code: '1214' }],
    ['Groq, stopped early', { x_groq: { id: 'r', error: 'over_capacity' }, choices: [] }, { message: 'over_capacity' }],
    ['DashScope, native', { code: 'InvalidParameter', message: 'm', request_id: 'r' }, { message: 'm', code: 'InvalidParameter' }],
    ['SiliconFlow', { code: 20012, message: 'm', data: null }, { message: 'm', code: '20012' }],
    ['OpenRouter', { error: { code: 402, message: 'm', metadata: {} } }, { message: 'm', code: '402' }],
    [
      'Anthropic',
      { type: 'error', error: { type: 'overloaded_error', message: 'm' }, request_id: 'r' },
      { message: 'm', type: 'overloaded_error' },
    ],
    ['xAI: the code beside the text', { code: 'c', error: 'm' }, { message: 'm', code: 'c' }],
    ['Cohere', { id: 'i', message: 'm' }, { message: 'm' }],
    ['a bare JSON string', '"top_n must be positive"', { message: 'top_n must be positive' }],
    [
      'HTML',
      '<html><head><style>b{}</style></head><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>',
      { message: '502 Bad Gateway nginx' },
    ],
    ['nothing', '', { message: 'The upstream answered 400 without a body' }],
  ])('%s', (_name, body, expected) => {
    expect(read(body)).toEqual({ type: undefined, param: undefined, code: undefined, ...expected })
  })

  it('tells no address and stays on one line', () => {
    expect(read({ error: { message: 'connect to http://10.0.0.5:8000/v1 or 10.0.0.6:80\nfailed' } }).message).toBe(
      'connect to [address] or [address] failed',
    )
  })

  it('takes anything without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => read(JSON.stringify(json)).message.length <= 500))
    fc.assert(fc.property(fc.uint8Array(), (bytes) => readUpstreamError(500, Buffer.from(bytes)).message.length <= 500))
  })
})

describe('isErrorBody', () => {
  it.each([
    [{ error: { code: 402, message: 'm' } }, true],
    [{ error: 'm' }, true],
    [{ error: { message: 'm' }, choices: [] }, true],
    [{ error: { message: 'm' }, choices: null }, true],
    [{ error: { message: 'm' }, choices: [{}] }, false],
    [{ choices: [{}], x_groq: { error: 'm' } }, true],
    [{ choices: [{}], x_groq: { id: 'r', error: null } }, false],
    [{ base_resp: { status_code: 1002, status_msg: 'm' }, choices: [] }, true],
    [{ base_resp: { status_code: 0 }, choices: [] }, false],
    [{ error: null, choices: [] }, false],
    [{ error: {}, data: [] }, false],
    [[], false],
  ])('%j → %s', (json, expected) => expect(isErrorBody(json)).toBe(expected))
})
