import type { Call, Persona } from '../call.ts'
import { arrayOf, objectOf } from '../json.ts'
import { BadRequest, eventReply, jsonReply, type Reply } from '../reply.ts'
import { CREATED, hexOf, seedOf, tokenCount } from '../text.ts'
import { composeChoices, type ComposedChoice } from './compose.ts'
import { includesUsage, usageOf, type Usage } from './usage.ts'

/** `/v1/chat/completions`, plain and streamed. */
export function answerChat(call: Call, persona: Persona): Reply {
  if (!Array.isArray(call.body['messages']) || call.body['messages'].length === 0) {
    throw new BadRequest("Missing required parameter: 'messages'", 'messages', 'missing_required_parameter')
  }
  if (call.body['stream_options'] !== undefined && call.body['stream_options'] !== null && call.body['stream'] !== true) {
    throw new BadRequest('Stream options can only be defined when `stream=True`.', 'stream_options')
  }
  const choices = composeChoices(call, persona)
  const usage = usageOf(
    promptTokensOf(call.body['messages']),
    choices.reduce((sum, choice) => sum + choice.tokens, 0),
  )
  const frame = {
    id: `chatcmpl-${hexOf(seedOf(call.model, JSON.stringify(call.body['messages'])))}`,
    object: call.body['stream'] === true ? 'chat.completion.chunk' : 'chat.completion',
    created: CREATED,
    model: call.model,
    system_fingerprint: persona.name,
  }
  const reply = call.body['stream'] === true ? streamed(call, frame, { choices, usage }) : plain(frame, choices, usage)
  return { ...reply, tokens: usage.completion_tokens }
}

function plain(frame: object, choices: readonly ComposedChoice[], usage: Usage): Reply {
  return jsonReply(200, {
    ...frame,
    choices: choices.map((choice, index) => ({
      index,
      message: {
        role: 'assistant',
        content: choice.toolCalls.length > 0 ? null : choice.pieces.join(''),
        refusal: null,
        ...toolCallsOf(choice),
      },
      logprobs: null,
      finish_reason: choice.finishReason,
    })),
    usage,
  })
}

function toolCallsOf(choice: ComposedChoice): object {
  if (choice.toolCalls.length === 0) return {}
  return {
    tool_calls: choice.toolCalls.map((tool) => ({
      id: tool.id,
      type: 'function',
      function: { name: tool.name, arguments: tool.pieces.join('') },
    })),
  }
}

function streamed(call: Call, frame: object, answer: { choices: readonly ComposedChoice[]; usage: Usage }): Reply {
  const wantsUsage = includesUsage(call)
  // OpenAI sends `usage: null` on ordinary chunks only when usage was asked for.
  const tail = wantsUsage ? { usage: null } : {}
  const chunk = (index: number, delta: object, finishReason: string | null) => ({
    ...frame,
    choices: [{ index, delta, logprobs: null, finish_reason: finishReason }],
    ...tail,
  })
  const chunks: unknown[] = answer.choices.map((_, index) => chunk(index, { role: 'assistant', content: '', refusal: null }, null))
  const deltas = answer.choices.map((choice) => deltasOf(choice))
  const longest = Math.max(...deltas.map((list) => list.length))
  for (let step = 0; step < longest; step += 1) {
    for (const [index, list] of deltas.entries()) {
      const delta = list[step]
      if (delta !== undefined) chunks.push(chunk(index, delta, null))
    }
  }
  for (const [index, choice] of answer.choices.entries()) chunks.push(chunk(index, {}, choice.finishReason))
  if (wantsUsage) chunks.push({ ...frame, choices: [], usage: answer.usage })
  return eventReply(chunks, '[DONE]')
}

function deltasOf(choice: ComposedChoice): readonly object[] {
  if (choice.toolCalls.length === 0) return choice.pieces.map((content) => ({ content }))
  return choice.toolCalls.flatMap((tool, index) => [
    { tool_calls: [{ index, id: tool.id, type: 'function', function: { name: tool.name, arguments: '' } }] },
    ...tool.pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ])
}

/** Only text counts, so that a picture in a data URL does not cost a thousand tokens. */
function promptTokensOf(messages: unknown): number {
  const text = arrayOf(messages).flatMap((message) => textsOf(objectOf(message)['content']))
  return tokenCount(text.join(' '))
}

function textsOf(content: unknown): readonly string[] {
  if (typeof content === 'string') return [content]
  return arrayOf(content).flatMap((part) => {
    const text = objectOf(part)['text']
    return typeof text === 'string' ? [text] : []
  })
}
