import type { JsonObject } from '../../src/lib/json.ts'
import type { Reply, WireName } from '../doubles/double.ts'
import { TIME, user, WEATHER, type Asking } from './asking.ts'
import type { FrontName } from './fronts/front.ts'

export type Message = Extract<Reply, { kind: 'message' }>

export interface AnswerCase {
  readonly name: string
  readonly asking: Asking
  readonly reply: Message
  /** What the answer ends with, by the front; an exception of a wire that has no word for it stands before. */
  readonly stop: Readonly<Record<FrontName, string>>
  readonly wires?: Partial<Readonly<Record<WireName, Partial<Readonly<Record<FrontName, string>>>>>>
  /** The backend says it, or not; '' where it says nothing. */
  readonly refusal?: Partial<Readonly<Record<WireName, string>>>
}

const END = { openai: 'stop', anthropic: 'end_turn', responses: 'completed', ollama: 'stop' } as const
const LENGTH = { openai: 'length', anthropic: 'max_tokens', responses: 'incomplete max_output_tokens', ollama: 'length' } as const
const CALLS = { openai: 'tool_calls', anthropic: 'tool_use', responses: 'completed', ollama: 'stop' } as const
const REFUSAL = { openai: 'content_filter', anthropic: 'refusal', responses: 'incomplete content_filter', ollama: 'stop' } as const

const ask = (asking: Partial<Asking> = {}): Asking => ({ maximumTokens: 2000, turns: [user('Hi')], ...asking })
const TOOLS = { tools: [WEATHER, TIME] }
const USAGE = { input: 20, output: 7 }

const OSLO = { id: 'call_1', name: 'get_weather', arguments: { city: 'Oslo' } }
const ROMA: { id: string; name: string; arguments: JsonObject } = {
  id: 'call_2',
  name: 'get_weather',
  arguments: { city: 'Roma "caput mundi" \\ 世界', deep: { list: [1, 2.5, null, true], empty: {} } },
}
const CLOCK = { id: 'call_3', name: 'get_time', arguments: {} }

/** Beside a text of the model's own, or where there is none. */
const SAID_BY_ANTHROPIC = 'The model declined to answer.'

export const ANSWER_CASES: readonly AnswerCase[] = [
  {
    name: 'a text',
    asking: ask(),
    reply: { kind: 'message', text: 'Grüße, 世界 👋\n\n"quoted" \\', stop: 'end', usage: USAGE },
    stop: END,
  },
  {
    name: 'a long text',
    asking: ask(),
    reply: { kind: 'message', text: 'Once upon a time. '.repeat(200), stop: 'end', usage: { input: 3, output: 800 } },
    stop: END,
  },
  {
    name: 'all counts of the usage',
    asking: ask(),
    reply: { kind: 'message', reasoning: 'Hm', text: 'ok', stop: 'end', usage: { input: 120, output: 40, cached: 100, reasoning: 30 } },
    stop: END,
  },
  {
    name: 'thoughts, then a text',
    asking: ask({ thinking: true }),
    reply: { kind: 'message', reasoning: 'They greet\nme. 世界', text: 'Hello', stop: 'end', usage: USAGE },
    stop: END,
  },
  { name: 'one call', asking: ask(TOOLS), reply: { kind: 'message', toolCalls: [OSLO], stop: 'tools', usage: USAGE }, stop: CALLS },
  {
    name: 'parallel calls',
    asking: ask(TOOLS),
    reply: { kind: 'message', toolCalls: [OSLO, ROMA, CLOCK], stop: 'tools', usage: USAGE },
    stop: CALLS,
  },
  {
    name: 'thoughts, a text, then parallel calls',
    asking: ask({ ...TOOLS, thinking: true }),
    reply: { kind: 'message', reasoning: 'I need both', text: 'Let me see', toolCalls: [OSLO, ROMA], stop: 'tools', usage: USAGE },
    stop: CALLS,
  },
  {
    name: 'the call of a named tool',
    asking: ask({ ...TOOLS, toolChoice: { name: 'get_weather' } }),
    reply: { kind: 'message', toolCalls: [OSLO], stop: 'tools', usage: USAGE },
    stop: CALLS,
    // As OpenAI's servers have it: https://github.com/vllm-project/vllm/pull/25054
    wires: { openai: { openai: 'stop' } },
  },
  {
    name: 'a text cut off by the limit',
    asking: ask(),
    reply: { kind: 'message', text: 'Once upon', stop: 'length', usage: USAGE },
    stop: LENGTH,
  },
  {
    name: 'thoughts cut off by the limit',
    asking: ask({ thinking: true }),
    reply: { kind: 'message', reasoning: 'They gree', stop: 'length', usage: USAGE },
    stop: LENGTH,
  },
  {
    name: 'nothing, for the limit',
    asking: ask(),
    reply: { kind: 'message', stop: 'length', usage: { input: 20, output: 1 } },
    stop: LENGTH,
  },
  {
    name: 'a text up to a stop string',
    asking: ask({ stop: ['END'] }),
    reply: { kind: 'message', text: 'Once', stop: 'stop-sequence', usage: USAGE },
    stop: END,
    // The others do not say which one it was, nor that it was one.
    wires: { anthropic: { anthropic: 'stop_sequence' } },
  },
  {
    name: 'a refusal after a text',
    asking: ask(),
    reply: { kind: 'message', text: 'I can', stop: 'refusal', usage: USAGE },
    stop: REFUSAL,
    wires: { ollama: END, cohere: END },
    refusal: { anthropic: SAID_BY_ANTHROPIC },
  },
  {
    name: 'a refusal',
    asking: ask(),
    reply: { kind: 'message', stop: 'refusal', usage: { input: 20, output: 1 } },
    stop: REFUSAL,
    wires: { ollama: END, cohere: END },
    refusal: { anthropic: SAID_BY_ANTHROPIC, gemini: 'The prompt was blocked: SAFETY' },
  },
  { name: 'nothing at all', asking: ask(), reply: { kind: 'message', text: '', stop: 'end', usage: { input: 20, output: 1 } }, stop: END },
]
