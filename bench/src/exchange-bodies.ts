import type { Scenario } from './scenarios.ts'

export const MODEL = 'bench-model'
export const STREAM_TOKENS = 200
/** Long enough that every token is an event of its own for everyone on the way, short enough for a few hundred streams in a window. */
export const PACE_MS = 2
/** At full speed, after the first token: time for it to reach the client before mock and client, on one core, are busy with the rest. */
export const FIRST_TOKEN_LEAD_MS = 5
/** Events in one write at full speed. With one each, the mock would be slower than what it measures. */
export const EVENTS_PER_WRITE = 8

const SMALL_BYTES = 600
const LARGE_BYTES = 200_000
const SENTENCE = 'Rivers carry stones from the hills to the sea, and a patient walker can read in them where the water has been. '

/** The request bodies, as an application would send them. The mock finds `stream` and `user` near the beginning. */
export function requestBody(kind: Scenario['body']): Buffer {
  const messages = [{ role: 'system', content: 'You answer in short sentences.' }]
  if (kind === 'large') {
    for (let index = 0; bytesOf(messages) < LARGE_BYTES; index += 1) {
      messages.push({ role: index % 2 === 0 ? 'user' : 'assistant', content: `${index}: ${SENTENCE.repeat(8)}` })
    }
  }
  const text = SENTENCE.repeat(4)
  messages.push({ role: 'user', content: text.slice(0, Math.max(40, SMALL_BYTES - 200)) })
  return Buffer.from(
    JSON.stringify({
      model: MODEL,
      ...(kind === 'stream' || kind === 'paced-stream' ? { stream: true } : {}),
      ...(kind === 'paced-stream' ? { user: 'paced' } : {}),
      temperature: 0.7,
      max_tokens: 256,
      messages,
    }),
  )
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** The mock's answer to a call that is not a stream, about 0.6 KB. */
export function answerBody(): Buffer {
  return Buffer.from(
    JSON.stringify({
      id: 'chatcmpl-bench-0001',
      object: 'chat.completion',
      created: 1_760_000_000,
      model: MODEL,
      choices: [{ index: 0, message: { role: 'assistant', content: SENTENCE.repeat(3).trim() }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 96, completion_tokens: 75, total_tokens: 171 },
    }),
  )
}

/** The mock's stream, one buffer an event: the role, the tokens, the finish, the usage, `[DONE]`. */
export function streamEvents(): readonly Buffer[] {
  const head = { id: 'chatcmpl-bench-0001', object: 'chat.completion.chunk', created: 1_760_000_000, model: MODEL }
  const event = (rest: object) => Buffer.from(`data: ${JSON.stringify({ ...head, ...rest })}\n\n`)
  const delta = (delta: object, finish: string | null) => event({ choices: [{ index: 0, delta, finish_reason: finish }] })
  const tokens = Array.from({ length: STREAM_TOKENS }, (_, index) => delta({ content: ` token${index}` }, null))
  return [
    delta({ role: 'assistant', content: '' }, null),
    ...tokens,
    delta({}, 'stop'),
    event({ choices: [], usage: { prompt_tokens: 96, completion_tokens: STREAM_TOKENS, total_tokens: 96 + STREAM_TOKENS } }),
    Buffer.from('data: [DONE]\n\n'),
  ]
}
