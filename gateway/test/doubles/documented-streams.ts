import type { Reply, WireName } from './double.ts'

/* One answer in the streams of all wires, byte for byte: made by hand after the streams that the servers' documentation and captures show. */

export const ANSWER: Reply = {
  kind: 'message',
  reasoning: 'Hm',
  text: 'Grüße',
  toolCalls: [
    { id: 'call_1', name: 'look', arguments: { a: 'ü' } },
    { id: 'call_2', name: 'now', arguments: {} },
  ],
  stop: 'tools',
  usage: { input: 10, output: 8, cached: 4, reasoning: 3 },
}

const chunk = (choices: string, usage = 'null'): string =>
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1787300000,"model":"m","choices":[${choices}],"usage":${usage}}\n\n`

const delta = (text: string, finish = 'null'): string => chunk(`{"index":0,"delta":${text},"logprobs":null,"finish_reason":${finish}}`)

const line = (index: number, rest: string): string => `{"model":"m","created_at":"2026-08-21T10:00:00.00000${index}Z","message":${rest}}\n`

const said = (index: number, message: string): string => line(index, `{"role":"assistant",${message}},"done":false`)

const event = (name: string, rest = ''): string => `event: ${name}\ndata: {"type":"${name}"${rest}}\n\n`

const block = (index: number, text: string): string => event('content_block_delta', `,"index":${index},"delta":${text}`)

const frame = (parts: string, candidates: string, total: number, finish = ''): string =>
  `data: {"candidates":[{"content":{"parts":[${parts}],"role":"model"},${finish}"index":0}],` +
  `"usageMetadata":{"promptTokenCount":10,${candidates}"totalTokenCount":${total},"cachedContentTokenCount":4,"thoughtsTokenCount":3},` +
  `"modelVersion":"m","responseId":"response-1"}\r\n\r\n`

const inMessage = (name: string, rest: string, index = '"index":0,'): string => event(name, `,${index}"delta":{"message":{${rest}}}`)

const OPENAI = [
  delta('{"role":"assistant","content":"","refusal":null}'),
  delta('{"reasoning_content":"Hm"}'),
  delta('{"content":"Gr"}'),
  delta('{"content":"ü"}'),
  delta('{"content":"ße"}'),
  delta('{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":""}}]}'),
  delta(String.raw`{"tool_calls":[{"index":0,"function":{"arguments":"{\""}}]}`),
  delta('{"tool_calls":[{"index":0,"function":{"arguments":"a"}}]}'),
  delta(String.raw`{"tool_calls":[{"index":0,"function":{"arguments":"\":\""}}]}`),
  delta(String.raw`{"tool_calls":[{"index":0,"function":{"arguments":"ü\"}"}}]}`),
  delta('{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"now","arguments":""}}]}'),
  delta('{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}'),
  delta('{}', '"tool_calls"'),
  chunk(
    '',
    '{"prompt_tokens":10,"completion_tokens":8,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},' +
      '"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}',
  ),
  'data: [DONE]\n\n',
]

const OLLAMA = [
  said(1, '"content":"","thinking":"Hm"'),
  said(2, '"content":"Gr"'),
  said(3, '"content":"ü"'),
  said(4, '"content":"ße"'),
  said(5, '"content":"","tool_calls":[{"function":{"index":0,"name":"look","arguments":{"a":"ü"}}}]'),
  said(6, '"content":"","tool_calls":[{"function":{"index":1,"name":"now","arguments":{}}}]'),
  line(
    7,
    '{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":4883583458,"load_duration":1334875,' +
      '"prompt_eval_count":10,"prompt_eval_duration":342546000,"eval_count":8,"eval_duration":4535599000',
  ),
]

const ANTHROPIC = [
  event(
    'message_start',
    ',"message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,' +
      '"usage":{"input_tokens":6,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":1,"service_tier":"standard"}}',
  ),
  event('content_block_start', ',"index":0,"content_block":{"type":"thinking","thinking":"","signature":""}'),
  event('ping'),
  block(0, '{"type":"thinking_delta","thinking":"Hm"}'),
  block(0, '{"type":"signature_delta","signature":"EqQBCkgIDhABGAIiQDoubleSignature=="}'),
  event('content_block_stop', ',"index":0'),
  event('content_block_start', ',"index":1,"content_block":{"type":"text","text":""}'),
  block(1, '{"type":"text_delta","text":"Gr"}'),
  block(1, '{"type":"text_delta","text":"ü"}'),
  block(1, '{"type":"text_delta","text":"ße"}'),
  event('content_block_stop', ',"index":1'),
  event('content_block_start', ',"index":2,"content_block":{"type":"tool_use","id":"call_1","name":"look","input":{}}'),
  block(2, '{"type":"input_json_delta","partial_json":""}'),
  block(2, String.raw`{"type":"input_json_delta","partial_json":"{\""}`),
  block(2, '{"type":"input_json_delta","partial_json":"a"}'),
  block(2, String.raw`{"type":"input_json_delta","partial_json":"\":\""}`),
  block(2, String.raw`{"type":"input_json_delta","partial_json":"ü\"}"}`),
  event('content_block_stop', ',"index":2'),
  event('content_block_start', ',"index":3,"content_block":{"type":"tool_use","id":"call_2","name":"now","input":{}}'),
  event('content_block_stop', ',"index":3'),
  event('message_delta', ',"delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":8}'),
  event('message_stop'),
]

const GEMINI = [
  frame('{"text":"Hm","thought":true}', '', 13),
  frame('{"text":"Gr"}', '"candidatesTokenCount":1,', 14),
  frame('{"text":"ü"}', '"candidatesTokenCount":2,', 15),
  frame('{"text":"ße"}', '"candidatesTokenCount":3,', 16),
  frame(
    '{"functionCall":{"name":"look","args":{"a":"ü"}},"thoughtSignature":"EpEgCo4gAdouble=="},{"functionCall":{"name":"now"}}',
    '"candidatesTokenCount":4,',
    17,
  ),
  frame('{"text":""}', '"candidatesTokenCount":5,', 18, '"finishReason":"STOP",'),
]

const COHERE = [
  'event: message-start\ndata: {"id":"29415-1","type":"message-start","delta":{"message":' +
    '{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}\n\n',
  inMessage('tool-plan-delta', '"tool_plan":"Hm"', ''),
  inMessage('content-start', '"content":{"type":"text","text":""}'),
  inMessage('content-delta', '"content":{"text":"Gr"}'),
  inMessage('content-delta', '"content":{"text":"ü"}'),
  inMessage('content-delta', '"content":{"text":"ße"}'),
  event('content-end', ',"index":0'),
  inMessage('tool-call-start', '"tool_calls":{"id":"call_1","type":"function","function":{"name":"look","arguments":""}}'),
  inMessage('tool-call-delta', String.raw`"tool_calls":{"function":{"arguments":"{\""}}`),
  inMessage('tool-call-delta', '"tool_calls":{"function":{"arguments":"a"}}'),
  inMessage('tool-call-delta', String.raw`"tool_calls":{"function":{"arguments":"\":\""}}`),
  inMessage('tool-call-delta', String.raw`"tool_calls":{"function":{"arguments":"ü\"}"}}`),
  event('tool-call-end', ',"index":0'),
  inMessage('tool-call-start', '"tool_calls":{"id":"call_2","type":"function","function":{"name":"now","arguments":""}}', '"index":1,'),
  event('tool-call-end', ',"index":1'),
  event(
    'message-end',
    ',"delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":5,"output_tokens":4},' +
      '"tokens":{"input_tokens":10,"output_tokens":8},"cached_tokens":4}}',
  ),
]

export const STREAMS: Readonly<Record<WireName, string>> = {
  openai: OPENAI.join(''),
  ollama: OLLAMA.join(''),
  anthropic: ANTHROPIC.join(''),
  gemini: GEMINI.join(''),
  cohere: COHERE.join(''),
}
