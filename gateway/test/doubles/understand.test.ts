import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { startDouble, understand, type Understood, type WireName } from './double.ts'
import { exchange } from './exchange.ts'
import { REQUESTS } from './requests.ts'
import { PICTURE, RICH, understoodOf } from './rich-requests.ts'

const WIRES: readonly WireName[] = ['openai', 'ollama', 'anthropic', 'gemini', 'cohere']

describe.each(WIRES)('%s', (wire) => {
  it('accepts a request with everything in it, and understands it', async () => {
    const double = await startDouble(wire)
    const { path, body } = RICH[wire]
    const { status, text } = await exchange(double.url + path, { body, headers: REQUESTS[wire].headers })
    expect({ status, text }).toMatchObject({ status: 200 })
    const [request] = double.requests
    expect(request?.path).toBe(path)
    expect(understand(wire, path, request?.body ?? {})).toEqual(understoodOf(wire))
  })

  it('understands a request with nothing in it', async () => {
    const { path, body } = REQUESTS[wire]
    const { stop, ...rest } = understand(wire, path(false), body(false))
    const nothing: Omit<Understood, 'stop'> = {
      model: 'm',
      stream: false,
      system: undefined,
      turns: [{ role: 'user', text: 'Hi', images: [], toolCalls: [] }],
      tools: [],
      toolChoice: undefined,
      maximumTokens: wire === 'anthropic' ? 100 : undefined,
      temperature: undefined,
      topP: undefined,
      schema: undefined,
      thinking: undefined,
    }
    expect(rest).toEqual(nothing)
    expect(stop).toEqual(wire === 'anthropic' ? ['END'] : [])
  })
})

type Case = readonly [wire: WireName, body: JsonObject, understood: Partial<Understood>]

const toolChoices: readonly Case[] = [
  ['openai', { tool_choice: 'auto' }, { toolChoice: 'auto' }],
  ['openai', { tool_choice: 'none' }, { toolChoice: 'none' }],
  ['openai', { tool_choice: 'required' }, { toolChoice: 'required' }],
  ['anthropic', { tool_choice: { type: 'auto' } }, { toolChoice: 'auto' }],
  ['anthropic', { tool_choice: { type: 'none' } }, { toolChoice: 'none' }],
  ['anthropic', { tool_choice: { type: 'any' } }, { toolChoice: 'required' }],
  ['gemini', { toolConfig: { functionCallingConfig: { mode: 'AUTO' } } }, { toolChoice: 'auto' }],
  ['gemini', { toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } } }, { toolChoice: 'auto' }],
  ['gemini', { toolConfig: { functionCallingConfig: { mode: 'NONE' } } }, { toolChoice: 'none' }],
  ['gemini', { toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, { toolChoice: 'required' }],
  ['gemini', { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a', 'b'] } } }, { toolChoice: 'required' }],
  ['cohere', { tool_choice: 'NONE' }, { toolChoice: 'none' }],
]

const thinkings: readonly Case[] = [
  ['openai', { reasoning_effort: 'none' }, { thinking: false }],
  ['ollama', { think: false }, { thinking: false }],
  ['ollama', { think: true }, { thinking: true }],
  ['anthropic', { thinking: { type: 'disabled' } }, { thinking: false }],
  ['anthropic', { thinking: { type: 'enabled', budget_tokens: 1024 } }, { thinking: true }],
  ['anthropic', { output_config: { effort: 'low' } }, { thinking: true }],
  ['gemini', { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, { thinking: false }],
  ['gemini', { generationConfig: { thinkingConfig: { thinkingBudget: 1024 } } }, { thinking: true }],
  ['gemini', { generationConfig: { thinkingConfig: { includeThoughts: false } } }, { thinking: undefined }],
  ['gemini', { generationConfig: { thinkingConfig: { includeThoughts: true } } }, { thinking: true }],
  ['cohere', { thinking: { type: 'disabled' } }, { thinking: false }],
]

const others: readonly Case[] = [
  ['openai', { max_tokens: 5, stop: 'X' }, { maximumTokens: 5, stop: ['X'] }],
  ['openai', { response_format: { type: 'json_object' } }, { schema: undefined }],
  ['ollama', { format: 'json' }, { schema: undefined }],
  ['ollama', { stream: undefined }, { stream: true }],
  ['gemini', { generationConfig: { responseSchema: { type: 'STRING' } } }, { schema: { type: 'STRING' } }],
  ['cohere', { response_format: { type: 'json_object', schema: { type: 'object' } } }, { schema: { type: 'object' } }],
  ['anthropic', { system: 'One', messages: [{ role: 'system', content: 'Two' }] }, { system: 'One\nTwo', turns: [] }],
  [
    'anthropic',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } },
            { type: 'image', source: { type: 'file', file_id: 'file_1' } },
          ],
        },
      ],
    },
    { turns: [{ role: 'user', text: '', images: ['https://a.example/b.png', 'file_1'], toolCalls: [] }] },
  ],
  [
    'gemini',
    {
      contents: [
        { role: 'user', parts: [{ fileData: { fileUri: 'gs://a/b.png' } }] },
        { role: 'model', parts: [{ functionCall: { id: 'fc1', name: 'now' } }] },
        { role: 'user', parts: [{ functionResponse: { id: 'fc1', name: 'now', response: { hour: 3 } } }, { text: 'So?' }] },
      ],
    },
    {
      turns: [
        { role: 'user', text: '', images: ['gs://a/b.png'], toolCalls: [] },
        { role: 'assistant', text: '', images: [], toolCalls: [{ id: 'fc1', name: 'now', arguments: {} }] },
        { role: 'tool', text: '{"hour":3}', images: [], toolCalls: [], answersCall: 'fc1' },
        { role: 'user', text: 'So?', images: [], toolCalls: [] },
      ],
    },
  ],
  [
    'cohere',
    { messages: [{ role: 'tool', tool_call_id: 'c', content: [{ type: 'document', document: { data: { hour: 3 } } }] }] },
    { turns: [{ role: 'tool', text: '{"hour":3}', images: [], toolCalls: [], answersCall: 'c' }] },
  ],
  [
    'ollama',
    {
      messages: [
        { role: 'User', content: '', images: [PICTURE, '/9j/4AAQ', 'R0lGODlh', 'UklGRgAA', 'AAAA'] },
        { role: 'tool', tool_call_id: 'call_9', tool_name: 'now', content: '3' },
      ],
    },
    {
      turns: [
        {
          role: 'user',
          text: '',
          images: [
            `data:image/png;base64,${PICTURE}`,
            'data:image/jpeg;base64,/9j/4AAQ',
            'data:image/gif;base64,R0lGODlh',
            'data:image/webp;base64,UklGRgAA',
            'data:application/octet-stream;base64,AAAA',
          ],
          toolCalls: [],
        },
        { role: 'tool', text: '3', images: [], toolCalls: [], answersCall: 'call_9' },
      ],
    },
  ],
]

describe('what a request says', () => {
  it.each([...toolChoices, ...thinkings, ...others])('%s: %j', (wire, body, understood) => {
    expect(understand(wire, REQUESTS[wire].path(false), { ...REQUESTS[wire].body(false), ...body })).toMatchObject(understood)
  })

  it('gemini: the model is in the path, escaped', () => {
    expect(understand('gemini', '/v1beta/models/tuned%2Fx:generateContent', {})).toMatchObject({ model: 'tuned/x', stream: false })
  })
})
