import type { JsonObject } from '../../../lib/json.ts'
import { createRoleTeller } from '../canonical/answer-head.ts'
import { chatLogprobs } from '../canonical/log-probabilities.ts'
import type { AnswerContext } from '../codec.ts'
import { readMessage } from './decode-chat.ts'
import { readResponse } from './decode-generate.ts'
import { toFinishReason } from './done-reason.ts'
import { readLogprobs, toCompletionLogprobs } from './log-probabilities.ts'
import { createToolCallReader } from './tool-calls.ts'

/** Says what the lines of one stream mean, as choices of canonical chunks. */
export interface ChoiceWriter {
  /** None for a line that says nothing. */
  write(line: JsonObject): readonly JsonObject[]
  /** The choice that closes the answer. */
  finish(reason: string): JsonObject
}

/** Thinking, text and calls of one line become a chunk each, in this order; the first says whose message it is. */
export function createChatChoices(context: AnswerContext): ChoiceWriter {
  const toolCalls = createToolCallReader(context)
  const role = createRoleTeller()

  function choice(delta: JsonObject, finishReason: string | null): JsonObject {
    return { index: 0, delta: role.tell(delta), finish_reason: finishReason }
  }

  return {
    write(line) {
      const { text, thinking, calls } = readMessage(line)
      const choices: JsonObject[] = []
      if (thinking !== '') choices.push(choice({ reasoning_content: thinking }, null))
      const logprobs = chatLogprobs(readLogprobs(line))
      // Tokens of thinking and calls are told too, beside a text that is then empty.
      if (text !== '' || logprobs !== null) choices.push({ ...choice({ content: text }, null), ...(logprobs === null ? {} : { logprobs }) })
      const first = toolCalls.count()
      const called = toolCalls.read(calls)
      if (called.length > 0) choices.push(choice({ tool_calls: called.map((call, at) => ({ index: first + at, ...call })) }, null))
      return choices
    },
    finish: (reason) => choice(role.told() ? {} : { content: '' }, toFinishReason(reason, toolCalls.count() > 0)),
  }
}

export function createCompletionChoices(): ChoiceWriter {
  let offset = 0
  return {
    write(line) {
      const { text, thinking } = readResponse(line)
      const logprobs = toCompletionLogprobs(readLogprobs(line), offset)
      offset += text.length
      if (text === '' && thinking === '' && logprobs === null) return []
      return [{ index: 0, text, ...(thinking === '' ? {} : { reasoning_content: thinking }), logprobs, finish_reason: null }]
    },
    finish: (reason) => ({ index: 0, text: '', logprobs: null, finish_reason: toFinishReason(reason, false) }),
  }
}
