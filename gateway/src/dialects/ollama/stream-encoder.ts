import { readUsage, type Usage } from '../../endpoints/usage.ts'
import type { ClientError } from '../../errors/openai-error.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { stringOf, type JsonObject } from '../../lib/json.ts'
import { firstChoice, toolCallsOf } from '../canonical/answer-parts.ts'
import { brokenOff, failedAnswer, senselessCall } from '../canonical/broken-answer.ts'
import { createToolSlots } from '../canonical/tool-slots.ts'
import type { DialectContext, StreamEncoder } from '../dialect.ts'
import { logprobsField } from './answer-logprobs.ts'
import type { AnswerShape } from './answer-shape.ts'
import { toToolCalls } from './answer-tool-calls.ts'
import { messageIn, spokenIn } from './choice-content.ts'
import { toDoneReason } from './done-reason.ts'
import { errorBody } from './errors.ts'
import { metricsOf } from './metrics.ts'

const NOTHING = Buffer.alloc(0)
const SILENCE = { text: '', thinking: '', calls: [] }

/**
 * Chunks -> lines of JSON. Tool calls are held back until the end, since Ollama's clients know whole ones only; the
 * last line has `done: true` and the figures. A stream that ends without a finish reason, with one that tells of a
 * failure, or with a call that makes no sense, ends with an error's line. There is no heartbeat: clients take an empty
 * line for broken JSON.
 */
export function createStreamEncoder(context: DialectContext, shape: AnswerShape): StreamEncoder {
  const { fields, model, id, createdMs } = context
  const slots = createToolSlots()
  let finishReason = ''
  let usage: Usage | undefined
  let firstMs: number | undefined
  let closed = false

  function lineOf(nowMs: number, rest: JsonObject): string {
    return `${JSON.stringify({ model, created_at: isoTime(nowMs), ...rest })}\n`
  }

  function fail(error: ClientError): Buffer {
    if (closed) return NOTHING
    closed = true
    return Buffer.from(`${JSON.stringify(errorBody(error))}\n`)
  }

  return {
    contentType: 'application/x-ndjson',
    fail,
    heartbeat: () => NOTHING,
    push(chunk) {
      if (closed) return NOTHING
      usage = readUsage(chunk) ?? usage
      const choice = firstChoice(chunk)
      if (choice === undefined) return NOTHING
      finishReason = stringOf(choice['finish_reason']) || finishReason
      const message = messageIn(choice)
      const parts = toolCallsOf(message)
      for (const part of parts) slots.add(part)
      const { text, thinking } = spokenIn(message, fields)
      const logprobs = logprobsField(choice, fields)
      const silent = text === '' && thinking === '' && logprobs['logprobs'] === undefined
      if (silent && parts.length === 0) return NOTHING
      const nowMs = context.now()
      firstMs ??= nowMs
      return silent ? NOTHING : Buffer.from(lineOf(nowMs, { ...shape({ text, thinking, calls: [] }), done: false, ...logprobs }))
    },
    end() {
      if (closed) return NOTHING
      if (finishReason === '') return fail(brokenOff())
      const doneReason = toDoneReason(finishReason)
      if (doneReason === undefined) return fail(failedAnswer())
      const calls = toToolCalls(slots.all(), { cut: doneReason === 'length', id })
      if (calls === undefined) return fail(senselessCall())
      closed = true
      const nowMs = context.now()
      const called = calls.length === 0 ? '' : lineOf(nowMs, { ...shape({ ...SILENCE, calls }), done: false })
      const times = { askedMs: createdMs, firstMs: firstMs ?? nowMs, endedMs: nowMs }
      return Buffer.from(called + lineOf(nowMs, { ...shape(SILENCE), done: true, done_reason: doneReason, ...metricsOf(times, usage) }))
    },
  }
}
