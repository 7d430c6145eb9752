import { describe, expect, it } from 'vitest'
import { startPair } from '../support/start-pair.ts'

/** Bodies as no JSON library would write them: whatever a gateway parses and writes anew comes out different. */
const BODIES = [
  {
    name: 'chat with vendor extras, tools, pictures and a response format',
    path: '/v1/chat/completions',
    model: 'sim-chat',
    body: `{ "messages" : [ {"role":"system","content":"caf\\u00e9 \\ud83d\\ude00 ü \\/ "},
  {"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}},
    {"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}},{"type":"video_url","video_url":{"url":"https://example.test/v.mp4"},"fps":2.0}]} ],
 "temperature":1.0,"top_p":1e0,"seed":12345678901234567890,"max_tokens":1E1,"frequency_penalty":-0.0,
 "tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"model":{"type":"string"},"n":{"minimum":1.50}}}}}],
 "tool_choice":"auto","parallel_tool_calls":false,
 "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","$defs":{}}}},
 "stream":false,	"logit_bias":{"50256":-100},"metadata":{"model":"not this one"},
 "chat_template_kwargs":{"enable_thinking":false},"guided_json":null,"repetition_penalty":1.10,"stop_token_ids":[ ],"vendor":{"a":1,"a":2},"user":"u\\u0000",
 "z_last":[[[]]],"a_after_z":{}, "model":"sim-chat" }
`,
  },
  {
    name: 'chat with the key and the value of model in escapes',
    path: '/v1/chat/completions',
    model: 'sim-chat',
    body: '{"mod\\u0065l":"sim\\u002dchat","messages":[{"role":"user","content":"x"}]}',
  },
  {
    name: 'completion',
    path: '/v1/completions',
    model: 'sim-chat',
    body: '{"prompt":["a","b"],"best_of":1.0,"echo":false,"suffix":null,"model":"sim-chat","grammar":"root ::= \\"x\\""}',
  },
  {
    name: 'embedding',
    path: '/v1/embeddings',
    model: 'sim-embedding',
    body: '{"input" : ["a\\tb"],"model":"sim-embedding" ,"encoding_format":"float","truncate_prompt_tokens":-1,"input_type":"query"}',
  },
  {
    name: 'rerank',
    path: '/v1/rerank',
    model: 'sim-rerank',
    body: '{"model":"sim-rerank","documents":["a",{"text":"b","title":"B"}],"query":"q","top_n":2.0,"rank_fields":["text"],"max_chunks_per_doc":1e1}',
  },
  {
    name: 'rerank on Cohere’s path',
    path: '/v2/rerank',
    model: 'sim-rerank',
    body: '{"max_tokens_per_doc":4096,"model":"sim-rerank","documents":["a"],"query":"q"}',
  },
  {
    name: 'speech',
    path: '/v1/audio/speech',
    model: 'sim-tts',
    body: '{"input":"hello","speed":1.00,"voice":{"id":"x"},"model":"sim-tts","response_format":"pcm","reference_audio":"AAAA"}',
  },
  {
    name: 'image generation',
    path: '/v1/images/generations',
    model: 'sim-image',
    body: '{"prompt":"a cat","n":1.0,"size":"512x512","model":"sim-image","num_inference_steps":20,"cfg_scale":7.50,"extra":{}}',
  },
  {
    name: 'image edit as JSON',
    path: '/v1/images/edits',
    model: 'sim-image',
    body: '{"images":[{"file_id":"f"}],"prompt":"a cat","model":"sim-image","quality":"low" }',
  },
  {
    name: 'moderation',
    path: '/v1/moderations',
    model: 'sim-moderation',
    body: '{"input":[{"type":"text","text":"x"},{"type":"image_url","image_url":{"url":"https://example.test/a.png"}}],"model":"sim-moderation","threshold":5e-1}',
  },
]

describe('a JSON body', () => {
  it.each(BODIES)('arrives byte for byte: $name', async ({ path, body }) => {
    const { post, sent } = await startPair()
    const response = await post(path, body)
    expect(response.status).toBe(200)
    await response.arrayBuffer()
    expect(sent().body.toString()).toBe(body)
    expect(sent().headers['content-length']).toBe(String(Buffer.byteLength(body)))
  })

  it.each(BODIES)('differs in the model’s value alone when the model has another name upstream: $name', async ({ path, body, model }) => {
    const upstream = 'org/a "very" other näme'.replaceAll(' ', '-')
    const { post, sent } = await startPair({
      simulator: { models: [upstream] },
      backend: { models: [{ name: upstream, as: model }] },
    })
    const response = await post(path, body)
    expect(response.status).toBe(200)
    await response.arrayBuffer()
    const value = body.includes('sim\\u002dchat') ? '"sim\\u002dchat"' : `"${model}"`
    expect(body.split(value)).toHaveLength(2)
    expect(sent().body.toString()).toBe(body.replace(value, () => JSON.stringify(upstream)))
  })

  it('arrives byte for byte with a byte order of surprises: whitespace around, CRLF, tabs', async () => {
    const body = '\r\n\t {\r\n\t"model"\t:\t"sim-chat"\r\n,\t"messages":[{"role":"user","content":"x"}]\r\n}\r\n \t'
    const { post, sent } = await startPair()
    expect((await post('/v1/chat/completions', body)).status).toBe(200)
    expect(sent().body.toString()).toBe(body)
  })

  it('of 2 MB arrives byte for byte', async () => {
    const body = `{"messages":[{"role":"user","content":"${'\\u00e9 x'.repeat(250_000)}"}],"model":"sim-chat","temperature":1.0}`
    const { post, sent } = await startPair()
    expect((await post('/v1/chat/completions', body)).status).toBe(200)
    expect(sent().body.equals(Buffer.from(body))).toBe(true)
  })
})

const STREAMED = [
  { name: 'options that ask already', body: '{"stream" : true,"stream_options": { "include_usage" :true , "x":1.0},"prompt":"x","model":"sim-chat"}' },
] // prettier-ignore

describe('a JSON body of a stream', () => {
  it.each(STREAMED)('arrives byte for byte with $name', async ({ body }) => {
    const { post, sent } = await startPair()
    expect(await (await post('/v1/completions', body)).text()).toContain('[DONE]')
    expect(sent().body.toString()).toBe(body)
  })

  it('differs in the added stream_options alone', async () => {
    const body = '{ "stream" : true,"temperature":1.0, "prompt":"\\u0078","seed":1e3,"model":"sim-chat","vendor":{"stream_options":{}} }'
    const { post, sent } = await startPair()
    expect(await (await post('/v1/completions', body)).text()).toContain('[DONE]')
    const option = '"stream_options":{"include_usage":true}'
    const arrived = sent().body.toString()
    expect(arrived).toContain(option)
    expect([arrived.replace(`${option},`, ''), arrived.replace(`,${option}`, '')]).toContain(body)
  })

  it.each([
    { name: 'speech', path: '/v1/audio/speech', body: '{"input":"hello","voice":"x","model":"sim-tts","stream_format":"sse","speed":1.0}' },
    { name: 'images', path: '/v1/images/generations', body: '{"prompt":"a","stream":true,"partial_images":1.0,"model":"sim-image"}' },
  ])('without usage options arrives byte for byte: $name', async ({ path, body }) => {
    const { post, sent } = await startPair()
    const response = await post(path, body)
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    await response.text()
    expect(sent().body.toString()).toBe(body)
  })
})

describe('what the SDK sends', () => {
  it('arrives as it would without the gateway, and so do its own headers', async () => {
    const { client, direct, posts, simulator } = await startPair()
    const request = {
      model: 'sim-chat',
      messages: [{ role: 'user' as const, content: 'x' }],
      tools: [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }],
      response_format: { type: 'json_object' as const },
      reasoning_effort: 'low' as const,
      store: true,
      metadata: { a: 'b' },
      extra_vendor_field: { x: 1 },
    }
    await direct.chat.completions.create(request)
    const own = posts()[0]
    simulator.reset()
    await client.chat.completions.create(request)
    const relayed = posts()[0]
    expect(relayed?.body.toString()).toBe(own?.body.toString())
    const stainless = (headers: object | undefined) => Object.entries(headers ?? {}).filter(([name]) => name.startsWith('x-stainless'))
    expect(stainless(own?.headers).length).toBeGreaterThan(0)
    expect(stainless(relayed?.headers).toSorted()).toEqual(stainless(own?.headers).toSorted())
  })
})

describe('names', () => {
  const ask = (model: string) => JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] })

  it.each(['smart', 'gpt-4o', 'org/smart:latest'])('of a configured model and its aliases lead to its target: %s', async (name) => {
    const { post, sent } = await startPair({
      config: {
        models: [{ name: 'smart', aliases: ['gpt-4o', 'org/smart:latest'], targets: [{ backend: 'sim', model: 'sim-chat' }] }],
      },
    })
    const response = await post('/v1/chat/completions', ask(name))
    expect(response.headers.get('x-jairouter-model')).toBe('sim-chat')
    expect(response.status).toBe(200)
    expect(sent().body.toString()).toBe(ask('sim-chat'))
  })

  it('of a target may be left out where it is the public one', async () => {
    const { post, sent } = await startPair({ config: { models: [{ name: 'sim-chat', targets: [{ backend: 'sim' }] }] } })
    expect((await post('/v1/chat/completions', ask('sim-chat'))).status).toBe(200)
    expect(sent().body.toString()).toBe(ask('sim-chat'))
  })

  it('that a backend gives with `as` hide the upstream’s', async () => {
    const { post, posts } = await startPair({ backend: { models: [{ name: 'sim-chat', as: 'public' }] } })
    expect((await post('/v1/chat/completions', ask('sim-chat'))).status).toBe(404)
    expect(posts()).toEqual([])
  })

  it('are kept apart by service', async () => {
    const { post, sent } = await startPair({
      config: {
        models: [
          { name: 'one', service: 'chat', targets: [{ backend: 'sim', model: 'sim-chat' }] },
          { name: 'one', service: 'embedding', targets: [{ backend: 'sim', model: 'sim-embedding' }] },
        ],
      },
    })
    expect((await post('/v1/embeddings', '{"model":"one","input":"x","encoding_format":"float"}')).status).toBe(200)
    expect(sent().body.toString()).toBe('{"model":"sim-embedding","input":"x","encoding_format":"float"}')
  })
})
