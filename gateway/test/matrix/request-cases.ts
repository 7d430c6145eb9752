import type { Understood } from '../doubles/double.ts'
import { assistant, PICTURE, result, SCHEMA, TIME, user, WEATHER, type Asking } from './asking.ts'
import type { ColumnName } from './columns.ts'
import type { FrontName } from './fronts/front.ts'

/** Where a wire format can't say what is asked. `because` is what docs/translations.md says in its own words. */
export type Exception =
  /** 400, with the field of the canonical form that the wire has no words for. */
  | { readonly refused: string; readonly because: string }
  /** What becomes of it instead. */
  | { readonly understood: Partial<Understood>; readonly because: string }

export interface RequestCase {
  readonly name: string
  readonly asking: Asking
  /** The dialect has no words for it: there is nothing to test. */
  readonly unsayable?: Partial<Readonly<Record<FrontName, string>>>
  readonly columns?: Partial<Readonly<Record<ColumnName, Exception>>>
}

const asked = (asking: Partial<Asking>): Asking => ({ maximumTokens: 2000, turns: [user('Hi')], ...asking })

const OSLO = { id: 'call_1', name: 'get_weather', arguments: { city: 'Oslo' } }
const ROME = { id: 'call_2', name: 'get_weather', arguments: { city: 'Roma', deep: { list: [1, 'zwei', null] } } }
const CLOCK = { id: 'call_3', name: 'get_time', arguments: {} }

const TOOLS = [WEATHER, TIME]
const NO_CHOICE = { ollama: 'Ollama’s requests have no choice of tools' } as const
const NO_WORD = { understood: { toolChoice: undefined }, because: 'auto is what happens without a word' } as const
/** Claude from 5.1 on. */
const NO_SAMPLING = {
  understood: { temperature: undefined, topP: undefined },
  because: 'from 4.7 on Claude refuses the fields',
} as const
const told = (system: string, understood: Partial<Understood> = {}): Exception => ({
  understood: { system, toolChoice: 'auto', ...understood },
  because: 'from 5.1 on Claude refuses a forced call, and is told to make it',
})
const UNFETCHED = { refused: 'messages[0].content[1].image_url', because: 'pictures are not fetched here' } as const
const NO_BLANK = { refused: 'stop[1]', because: 'Anthropic refuses blank ones, and the answer would go on beyond it' } as const
const CALL_ONE = 'Do not answer in text: call at least one of the tools.'
const CALL_TIME = 'Do not answer in text: call the tool get_time.'
const SAID_ALWAYS = { understood: { toolChoice: 'auto' }, because: 'it is said always, and changes nothing' } as const
const UNFORCED = { refused: 'tool_choice', because: 'Ollama can’t be made to call a tool' } as const
const ANSWER_TOOL = {
  name: 'answer_as_json',
  description: 'Takes the final answer. Call it in place of answering in text.',
  parameters: SCHEMA,
}

export const REQUEST_CASES: readonly RequestCase[] = [
  { name: 'a text', asking: asked({ turns: [user('Grüße, 世界 👋 "quoted" \\ and\ttabbed')] }) },
  { name: 'a text in parts', asking: asked({ turns: [user('One\nTwo')] }) },
  { name: 'a system prompt', asking: asked({ system: 'Be brief' }) },
  {
    name: 'several turns',
    asking: asked({ system: 'Be brief', turns: [user('One'), assistant('Two'), user('Three'), assistant('Four'), user('Five')] }),
  },
  {
    name: 'temperature and top_p',
    asking: asked({ temperature: 0.5, topP: 0.9 }),
    columns: { claude: { understood: { topP: undefined }, because: 'from 4.1 on one of both, or a 400' }, 'claude-5': NO_SAMPLING },
  },
  { name: 'a temperature', asking: asked({ temperature: 0.25 }), columns: { 'claude-5': NO_SAMPLING } },
  { name: 'a temperature of 0', asking: asked({ temperature: 0 }), columns: { 'claude-5': NO_SAMPLING } },
  { name: 'a top_p', asking: asked({ topP: 0.25 }), columns: { 'claude-5': NO_SAMPLING } },
  {
    name: 'a temperature above 1',
    asking: asked({ temperature: 1.5 }),
    columns: {
      anthropic: { understood: { temperature: 1 }, because: 'the range ends at 1' },
      claude: { understood: { temperature: 1 }, because: 'the range ends at 1' },
      'claude-5': NO_SAMPLING,
    },
  },
  {
    name: 'stop strings',
    asking: asked({ stop: ['END', '\n\nHuman:'] }),
    unsayable: { responses: 'the Responses API has no stop strings' },
  },
  {
    name: 'a blank stop string',
    asking: asked({ stop: ['END', '\n'] }),
    unsayable: { responses: 'the Responses API has no stop strings' },
    columns: { anthropic: NO_BLANK, claude: NO_BLANK, 'claude-5': NO_BLANK },
  },
  {
    name: 'no maximum of tokens',
    asking: { turns: [user('Hi')] },
    unsayable: { anthropic: 'max_tokens is required' },
    columns: {
      anthropic: { understood: { maximumTokens: 8192 }, because: 'Anthropic wants one' },
      claude: { understood: { maximumTokens: 32_000 }, because: 'Anthropic wants one' },
      'claude-5': { understood: { maximumTokens: 32_000 }, because: 'Anthropic wants one' },
    },
  },
  { name: 'tools', asking: asked({ tools: TOOLS }), columns: { anthropic: SAID_ALWAYS, claude: SAID_ALWAYS, 'claude-5': SAID_ALWAYS } },
  {
    name: 'tools, by the model’s choice',
    asking: asked({ tools: TOOLS, toolChoice: 'auto' }),
    unsayable: NO_CHOICE,
    columns: { ollama: NO_WORD, cohere: NO_WORD },
  },
  {
    name: 'tools, none of which may be called',
    asking: asked({ tools: TOOLS, toolChoice: 'none' }),
    unsayable: NO_CHOICE,
    columns: { ollama: { understood: { tools: [], toolChoice: undefined }, because: 'without a choice, no tools are sent' } },
  },
  {
    name: 'tools, one of which must be called',
    asking: asked({ tools: TOOLS, toolChoice: 'required' }),
    unsayable: NO_CHOICE,
    columns: { ollama: UNFORCED, 'claude-5': told(CALL_ONE) },
  },
  {
    name: 'tools, of which a named one must be called',
    asking: asked({ tools: TOOLS, toolChoice: { name: 'get_time' } }),
    unsayable: NO_CHOICE,
    columns: {
      ollama: UNFORCED,
      cohere: { understood: { tools: [TIME], toolChoice: 'required' }, because: 'Cohere has no names there: only that tool is sent' },
      'claude-5': told(CALL_TIME, { tools: [TIME] }),
    },
  },
  {
    name: 'calls and their results',
    asking: asked({
      tools: TOOLS,
      turns: [
        user('Which city is colder?'),
        assistant('Let me see', [OSLO, ROME]),
        result('call_1', '3 °C'),
        result('call_2', '{"degrees":21,"sky":"clear"}'),
        assistant('', [CLOCK]),
        result('call_3', '12:00'),
        user('And now?'),
      ],
    }),
    columns: { anthropic: SAID_ALWAYS, claude: SAID_ALWAYS, 'claude-5': SAID_ALWAYS },
  },
  { name: 'a picture', asking: asked({ turns: [user('What is this?', [PICTURE, PICTURE])] }) },
  {
    name: 'a picture by address',
    asking: asked({ turns: [user('What is this?', ['https://example.org/a.png'])] }),
    unsayable: { ollama: 'Ollama’s requests have pictures as data alone' },
    // They take data alone, which the gateway would fetch, were it not told not to.
    columns: { ollama: UNFETCHED, gemini: UNFETCHED, 'gemini-3': UNFETCHED },
  },
  {
    name: 'an answer in a schema',
    asking: asked({ schema: SCHEMA }),
    columns: {
      anthropic: {
        understood: { schema: undefined, tools: [ANSWER_TOOL], toolChoice: { name: 'answer_as_json' } },
        because: 'without structured output a tool takes the answer',
      },
    },
  },
  {
    name: 'an answer in a schema, with tools',
    asking: asked({ schema: SCHEMA, tools: TOOLS }),
    columns: {
      anthropic: {
        understood: { schema: undefined, tools: [...TOOLS, ANSWER_TOOL], toolChoice: 'required' },
        because: 'without structured output a tool takes the answer',
      },
      claude: SAID_ALWAYS,
      'claude-5': SAID_ALWAYS,
    },
  },
  {
    name: 'an answer in a schema, with a tool that must be called',
    asking: asked({ schema: SCHEMA, tools: TOOLS, toolChoice: { name: 'get_time' } }),
    unsayable: NO_CHOICE,
    columns: {
      ollama: UNFORCED,
      cohere: { understood: { tools: [TIME], toolChoice: 'required' }, because: 'Cohere has no names there: only that tool is sent' },
      'claude-5': told(CALL_TIME, { tools: [TIME] }),
      anthropic: { understood: { schema: undefined }, because: 'the answer is the call: there will be no text that could be in a schema' },
    },
  },
  { name: 'thinking', asking: asked({ thinking: true }) },
  {
    name: 'no thinking',
    asking: asked({ thinking: false }),
    columns: {
      'gemini-3': { understood: { thinking: true }, because: 'Gemini 3 can’t but think: as little as there is' },
      'claude-5': { understood: { thinking: true }, because: 'Opus 5 can’t but think: as little as there is' },
    },
  },
  {
    name: 'thinking, with few tokens',
    asking: asked({ thinking: true, maximumTokens: 1024 }),
    columns: { anthropic: { understood: { thinking: undefined }, because: 'a budget of at least 1,024 must be below max_tokens' } },
  },
  {
    name: 'thinking, with a temperature and a top_p',
    asking: asked({ thinking: true, temperature: 0.5, topP: 0.9 }),
    columns: {
      anthropic: { understood: { temperature: undefined, topP: undefined }, because: 'not while thinking' },
      claude: { understood: { temperature: undefined, topP: undefined }, because: 'not while thinking' },
      'claude-5': NO_SAMPLING,
    },
  },
  {
    name: 'thinking, with a tool that must be called',
    asking: asked({ thinking: true, tools: TOOLS, toolChoice: 'required' }),
    unsayable: NO_CHOICE,
    columns: {
      ollama: UNFORCED,
      anthropic: { understood: { thinking: undefined }, because: 'a forced call rules thinking out' },
      'claude-5': told(CALL_ONE),
    },
  },
  {
    name: 'everything at once',
    asking: {
      system: 'Be brief',
      turns: [
        user('Where is\nthis?', [PICTURE]),
        assistant('Let me see', [OSLO, ROME]),
        result('call_1', '3 °C'),
        result('call_2', '4 °C'),
        user('And now?'),
      ],
      tools: TOOLS,
      maximumTokens: 300,
      temperature: 0.5,
      schema: SCHEMA,
    },
    columns: {
      anthropic: {
        understood: { schema: undefined, tools: [...TOOLS, ANSWER_TOOL], toolChoice: 'required' },
        because: 'without structured output a tool takes the answer',
      },
      claude: SAID_ALWAYS,
      'claude-5': { understood: { toolChoice: 'auto', temperature: undefined }, because: 'from 4.7 on Claude refuses the field' },
    },
  },
]
