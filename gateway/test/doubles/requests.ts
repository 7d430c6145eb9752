import type { JsonObject } from '../../src/lib/json.ts'
import type { WireName } from './double.ts'

/** How each wire is asked for the same: where, with which key, and the smallest body that its server accepts. */
export interface Request {
  readonly path: (stream: boolean) => string
  readonly headers: Readonly<Record<string, string>>
  readonly body: (stream: boolean) => JsonObject
}

const messages = [{ role: 'user', content: 'Hi' }]
const bearer = { authorization: 'Bearer key' }

export const REQUESTS: Readonly<Record<WireName, Request>> = {
  openai: {
    path: () => '/v1/chat/completions',
    headers: bearer,
    body: (stream) => ({ model: 'm', messages, stream, ...(stream ? { stream_options: { include_usage: true } } : {}) }),
  },
  ollama: { path: () => '/api/chat', headers: {}, body: (stream) => ({ model: 'm', messages, stream }) },
  anthropic: {
    path: () => '/v1/messages',
    headers: { 'x-api-key': 'key', 'anthropic-version': '2023-06-01' },
    body: (stream) => ({ model: 'm', messages, stream, max_tokens: 100, stop_sequences: ['END'] }),
  },
  gemini: {
    path: (stream) => `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    headers: { 'x-goog-api-key': 'key' },
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }),
  },
  cohere: { path: () => '/v2/chat', headers: bearer, body: (stream) => ({ model: 'm', messages, stream }) },
}
