import type { JsonObject } from '../../../src/lib/json.ts'
import { eventsOf, responseFromEvents } from '../../../src/dialects/responses/fixtures/response-from-events.ts'
import type { Turn } from '../../doubles/double.ts'
import { numberOf, objectOf, objectsOf, parseObject, textOf } from '../../doubles/reading.ts'
import type { Asking } from '../asking.ts'
import { check, given, linesOf, type Front, type Heard } from './front.ts'

/** OpenAI's Responses. It has no stop strings. */
export const responses: Front = {
  name: 'responses',
  path: '/v1/responses',
  streamType: 'text/event-stream; charset=utf-8',
  body: (asking, model, stream) =>
    given({
      model,
      instructions: asking.system,
      input: inputOf(asking.turns),
      stream,
      store: false,
      tools: asking.tools?.map((tool) => given({ type: 'function', ...tool })),
      tool_choice: choiceOf(asking.toolChoice),
      max_output_tokens: asking.maximumTokens,
      temperature: asking.temperature,
      top_p: asking.topP,
      text:
        asking.schema === undefined ? undefined : { format: { type: 'json_schema', name: 'answer', schema: asking.schema, strict: true } },
      reasoning: asking.thinking === undefined ? undefined : { effort: asking.thinking ? 'high' : 'none' },
    }),
  hear: (answer) => heard(answer),
  hearStream: (text) => heard(responseFromEvents(Buffer.from(text))),
  hearBroken: (text) => {
    const events = eventsOf(Buffer.from(text))
    const [failed, told] = [events.pop(), events.pop()]
    check(failed?.['type'] === 'response.failed' && told?.['type'] === 'error', 'no failure at the end')
    check(
      events.every(({ type }) => type !== 'response.completed' && type !== 'response.incomplete' && type !== 'error'),
      'an end before the failure',
    )
    const response = objectOf(failed['response'])
    check(response['status'] === 'failed' && textOf(objectOf(response['error'])['message']) !== '', 'a failure without its error')
    const { message, code } = objectOf(told['error'])
    const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
    return { text: deltas.map(({ delta }) => textOf(delta)).join(''), message: textOf(message), type: textOf(code) }
  },
  error: ({ error, ...rest }) => {
    check(Object.keys(rest).length === 0, 'more than an error')
    const { message, type, param, code } = objectOf(error)
    check(param !== undefined && code !== undefined, 'an error without its four members')
    return { message: textOf(message), type: textOf(type), ...(typeof param === 'string' ? { param } : {}) }
  },
}

/** One thing that the user says is the input itself. */
function inputOf(turns: readonly Turn[]): unknown {
  const [only, ...others] = turns
  const isText = only?.role === 'user' && only.images.length === 0 && !only.text.includes('\n')
  return isText && others.length === 0 ? only.text : turns.flatMap(itemsOf)
}

function itemsOf({ role, text, images, toolCalls, answersCall }: Turn): JsonObject[] {
  if (role === 'tool') return [{ type: 'function_call_output', call_id: answersCall, output: text }]
  const calls = toolCalls.map(({ id, name, arguments: value }) => ({
    type: 'function_call',
    call_id: id,
    name,
    arguments: JSON.stringify(value),
  }))
  if (role === 'assistant')
    return [...(text === '' ? [] : [{ type: 'message', role, content: [{ type: 'output_text', text, annotations: [] }] }]), ...calls]
  const parts = linesOf(text).map((line) => ({ type: 'input_text', text: line }))
  return [{ role, content: [...parts, ...images.map((url) => ({ type: 'input_image', image_url: url, detail: 'auto' }))] }]
}

function choiceOf(choice: Asking['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', name: choice.name } : choice
}

function heard(response: JsonObject): Heard {
  check(response['object'] === 'response' && textOf(response['id']).startsWith('resp_'), 'no response, or no id')
  check(response['error'] === null, 'an error')
  const output = objectsOf(response['output'])
  const messages = output.filter(({ type }) => type === 'message')
  check(
    output.every(({ type }) => ['reasoning', 'message', 'function_call'].includes(textOf(type))),
    'an unknown item',
  )
  check(
    messages.every(({ role }) => role === 'assistant'),
    'not of the assistant',
  )
  const details = objectOf(response['incomplete_details'])
  return {
    reasoning: output
      .filter(({ type }) => type === 'reasoning')
      .flatMap(({ content }) => objectsOf(content).map(({ text }) => textOf(text)))
      .join(''),
    text: messages.flatMap(({ content }) => objectsOf(content).map(({ text, refusal }) => textOf(text) + textOf(refusal))).join(''),
    toolCalls: output.filter(({ type }) => type === 'function_call').map(toCall),
    stop: [textOf(response['status']), textOf(details['reason'])].filter((word) => word !== '').join(' '),
    usage: usageOf(objectOf(response['usage'])),
  }
}

function toCall({ call_id: id, name, arguments: json }: JsonObject): Heard['toolCalls'][number] {
  const value = parseObject(textOf(json))
  check(textOf(id) !== '' && textOf(name) !== '' && value !== undefined, `a call that makes no sense: ${textOf(json)}`)
  return { id: textOf(id), name: textOf(name), arguments: value }
}

function usageOf(usage: JsonObject): Heard['usage'] {
  const [input, output] = [numberOf(usage['input_tokens']), numberOf(usage['output_tokens'])]
  check(input !== undefined && output !== undefined && usage['total_tokens'] === input + output, 'no usage')
  const cached = numberOf(objectOf(usage['input_tokens_details'])['cached_tokens'])
  const reasoning = numberOf(objectOf(usage['output_tokens_details'])['reasoning_tokens'])
  check(cached !== undefined && reasoning !== undefined, 'a usage without its details')
  return { input, output, cached, reasoning }
}
