import type { JsonObject } from '../../../src/lib/json.ts'
import type { Turn } from '../../doubles/double.ts'
import { numberOf, objectOf, objectsOf, parseObject, textOf } from '../../doubles/reading.ts'
import { check, given, type Front, type Heard } from './front.ts'

/** Ollama's chat. It has no choice of tools, and no count of cached tokens or of those of thinking. */
export const ollama: Front = {
  name: 'ollama',
  path: '/api/chat',
  streamType: 'application/x-ndjson',
  body: (asking, model, stream) => {
    const { maximumTokens: num_predict, temperature, topP: top_p, stop } = asking
    const names = new Map(asking.turns.flatMap(({ toolCalls }) => toolCalls.map(({ id, name }) => [id, name] as const)))
    return given({
      model,
      messages: [
        ...(asking.system === undefined ? [] : [{ role: 'system', content: asking.system }]),
        ...asking.turns.map((turn) => messageOf(turn, names)),
      ],
      // Its default is to stream.
      stream: stream ? undefined : false,
      tools: asking.tools?.map((tool) => ({ type: 'function', function: given(tool) })),
      options: given({ num_predict, temperature, top_p, stop }),
      format: asking.schema,
      think: asking.thinking === true ? 'high' : asking.thinking,
    })
  },
  hear: (answer) => {
    check(answer['done'] === true, 'not done')
    return heard([answer])
  },
  hearStream: (text) => {
    const lines = linesIn(text)
    check(
      lines.map(({ done }) => done).every((done, index) => done === (index === lines.length - 1)),
      'done, but not at the end alone',
    )
    return heard(lines)
  },
  hearBroken: (text) => {
    const lines = linesIn(text)
    const error = lines.pop()?.['error']
    check(typeof error === 'string' && lines.every((line) => line['done'] === false && line['error'] === undefined), 'an end')
    return { text: lines.map(({ message }) => textOf(objectOf(message)['content'])).join(''), message: error, type: '' }
  },
  error: ({ error, ...rest }) => {
    check(typeof error === 'string' && Object.keys(rest).length === 0, 'an error that is more than a text')
    return { message: error, type: '' }
  },
}

function messageOf({ role, text, images, toolCalls, answersCall }: Turn, names: ReadonlyMap<string, string>): JsonObject {
  if (role === 'tool') return { role, tool_name: names.get(answersCall ?? ''), tool_call_id: answersCall, content: text }
  const pictures = images.map((url) => url.slice(url.indexOf(',') + 1))
  const calls = toolCalls.map(({ id, name, arguments: value }, index) => ({ id, function: { index, name, arguments: value } }))
  return { role, content: text, ...(pictures.length > 0 ? { images: pictures } : {}), ...(calls.length > 0 ? { tool_calls: calls } : {}) }
}

function linesIn(text: string): JsonObject[] {
  check(text.endsWith('\n'), 'a last line without its end')
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => {
      const json = parseObject(line)
      check(json !== undefined, `no JSON: ${line}`)
      return json
    })
}

function heard(lines: readonly JsonObject[]): Heard {
  check(new Set(lines.map(({ model }) => model)).size === 1, 'models that differ')
  check(
    lines.every(({ created_at: at }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(textOf(at))),
    'no time',
  )
  const messages = lines.map(({ message }) => objectOf(message))
  check(
    messages.every(({ role }) => role === 'assistant'),
    'not of the assistant',
  )
  const last = objectOf(lines.at(-1))
  for (const name of ['total_duration', 'load_duration', 'prompt_eval_duration', 'eval_duration'])
    check(Number.isInteger(last[name]), `no ${name}`)
  const [input, output] = [numberOf(last['prompt_eval_count']), numberOf(last['eval_count'])]
  check(input !== undefined && output !== undefined, 'no counts')
  return {
    reasoning: messages.map(({ thinking }) => textOf(thinking)).join(''),
    text: messages.map(({ content }) => textOf(content)).join(''),
    toolCalls: messages.flatMap(({ tool_calls: calls }) => objectsOf(calls)).map(toCall),
    stop: textOf(last['done_reason']),
    usage: { input, output, cached: 0, reasoning: 0 },
  }
}

function toCall(call: JsonObject, place: number): Heard['toolCalls'][number] {
  const { index, name, arguments: value } = objectOf(call['function'])
  check(index === place && textOf(call['id']) !== '' && textOf(name) !== '' && objectOf(value) === value, 'a call that makes no sense')
  return { id: textOf(call['id']), name: textOf(name), arguments: objectOf(value) }
}
