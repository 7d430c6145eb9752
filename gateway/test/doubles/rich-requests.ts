import type { JsonObject } from '../../src/lib/json.ts'
import type { Understood, WireName } from './double.ts'

/* One conversation with everything in it, as each wire says it, and what the doubles are to understand. */

export const PICTURE = 'iVBORw0KGgoAAAAN'
const IMAGE_URL = `data:image/png;base64,${PICTURE}`
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } }
const SCHEMA = { type: 'object', properties: { cold: { type: 'boolean' } } }
const FUNCTION = { name: 'get_weather', description: 'The weather', parameters: PARAMETERS }
const TOOLS = [{ type: 'function', function: FUNCTION }]
const CALLS = [{ id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }]

const openaiMessages = (system: string): JsonObject[] => [
  { role: system, content: 'Be brief' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Where is' },
      { type: 'text', text: 'this?' },
      { type: 'image_url', image_url: { url: IMAGE_URL } },
    ],
  },
  { role: 'assistant', content: 'Let me see', tool_calls: CALLS },
  { role: 'tool', tool_call_id: 'call_1', content: '3 °C' },
  { role: 'user', content: 'And now?' },
]

export const RICH: Readonly<Record<WireName, { readonly path: string; readonly body: JsonObject }>> = {
  openai: {
    path: '/v1/chat/completions',
    body: {
      model: 'm',
      messages: openaiMessages('developer'),
      tools: TOOLS,
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
      max_completion_tokens: 300,
      temperature: 0.5,
      top_p: 0.9,
      stop: ['X', 'Y'],
      response_format: { type: 'json_schema', json_schema: { name: 'cold', schema: SCHEMA } },
      reasoning_effort: 'high',
      stream: true,
    },
  },
  ollama: {
    path: '/api/chat',
    body: {
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: 'Where is\nthis?', images: [PICTURE] },
        { role: 'assistant', content: 'Let me see', tool_calls: [{ function: { name: 'get_weather', arguments: { city: 'Oslo' } } }] },
        { role: 'tool', tool_name: 'get_weather', content: '3 °C' },
        { role: 'user', content: 'And now?' },
      ],
      tools: TOOLS,
      options: { num_predict: 300, temperature: 0.5, top_p: 0.9, stop: ['X', 'Y'] },
      format: SCHEMA,
      think: 'high',
      stream: true,
    },
  },
  anthropic: {
    path: '/v1/messages',
    body: {
      model: 'm',
      max_tokens: 300,
      system: [{ type: 'text', text: 'Be brief' }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where is' },
            { type: 'text', text: 'this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm', signature: 'EqQB' },
            { type: 'text', text: 'Let me see' },
            { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { city: 'Oslo' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: '3 °C' }] },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
      tools: [{ name: 'get_weather', description: 'The weather', input_schema: PARAMETERS }],
      tool_choice: { type: 'tool', name: 'get_weather' },
      temperature: 0.5,
      top_p: 0.9,
      stop_sequences: ['X', 'Y'],
      output_config: { format: { type: 'json_schema', schema: SCHEMA } },
      thinking: { type: 'adaptive' },
      stream: true,
    },
  },
  gemini: {
    path: '/v1beta/models/m:streamGenerateContent?alt=sse',
    body: {
      systemInstruction: { parts: [{ text: 'Be brief' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Where is' }, { text: 'this?' }, { inlineData: { mimeType: 'image/png', data: PICTURE } }] },
        {
          role: 'model',
          parts: [
            { text: 'Hm', thought: true },
            { text: 'Let me see' },
            { functionCall: { name: 'get_weather', args: { city: 'Oslo' } }, thoughtSignature: 'EpEg' },
          ],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: { result: '3 °C' } } }] },
        { role: 'user', parts: [{ text: 'And now?' }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'get_weather', description: 'The weather', parametersJsonSchema: PARAMETERS }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['get_weather'] } },
      generationConfig: {
        maxOutputTokens: 300,
        temperature: 0.5,
        topP: 0.9,
        stopSequences: ['X', 'Y'],
        responseMimeType: 'application/json',
        responseJsonSchema: SCHEMA,
        thinkingConfig: { includeThoughts: true, thinkingLevel: 'HIGH' },
      },
    },
  },
  cohere: {
    path: '/v2/chat',
    body: {
      model: 'm',
      messages: openaiMessages('system'),
      tools: TOOLS,
      tool_choice: 'REQUIRED',
      max_tokens: 300,
      temperature: 0.5,
      p: 0.9,
      stop_sequences: ['X', 'Y'],
      response_format: { type: 'json_object', json_schema: SCHEMA },
      thinking: { type: 'enabled' },
      stream: true,
    },
  },
}

/** The same of every wire, but for ids that it does not have and a choice of tool that it can't say. */
export function understoodOf(wire: WireName): Understood {
  const id = wire === 'ollama' || wire === 'gemini' ? 'get_weather' : 'call_1'
  const choices: Partial<Record<WireName, Understood['toolChoice']>> = { ollama: undefined, cohere: 'required' }
  return {
    model: 'm',
    stream: true,
    system: 'Be brief',
    turns: [
      { role: 'user', text: 'Where is\nthis?', images: [IMAGE_URL], toolCalls: [] },
      { role: 'assistant', text: 'Let me see', images: [], toolCalls: [{ id, name: 'get_weather', arguments: { city: 'Oslo' } }] },
      { role: 'tool', text: '3 °C', images: [], toolCalls: [], answersCall: id },
      { role: 'user', text: 'And now?', images: [], toolCalls: [] },
    ],
    tools: [FUNCTION],
    toolChoice: wire in choices ? choices[wire] : { name: 'get_weather' },
    maximumTokens: 300,
    temperature: 0.5,
    topP: 0.9,
    stop: ['X', 'Y'],
    schema: SCHEMA,
    thinking: true,
  }
}
