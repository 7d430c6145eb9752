import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adapterSchema } from '@jairouter/contract/adapter'
import type { JsonObject } from '../../lib/json.ts'
import { editMembers, scanMembers } from '../../lib/json-members.ts'
import { degradedFields, rewriteEdits } from './rewrite-edits.ts'
import { toNineCharacters } from './nine-characters.ts'

function tableOf(rewrite: object) {
  const { chat } = adapterSchema.parse({ label: 'a', paths: { chat: '/chat' }, rewrite: { chat: rewrite } }).rewrite
  if (chat === undefined) throw new Error('There is no table')
  return chat
}

/** The body that goes out, parsed. */
function sent(fields: JsonObject, rewrite: object, { stream = false, model = 'm' } = {}): unknown {
  const bytes = Buffer.from(JSON.stringify(fields))
  const edits = rewriteEdits({ fields, model, stream }, tableOf(rewrite))
  expect(new Set(edits.map(({ key }) => key)).size).toBe(edits.length)
  return JSON.parse(editMembers(bytes, scanMembers(bytes, 64), edits).toString())
}

const user = { role: 'user', content: 'a' }
const system = { role: 'system', content: 's' }

describe('values and defaults', () => {
  it('of a request that is no stream', () => {
    const rewrite = { plainDefaults: { enable_thinking: false }, defaults: { x: 1 } }
    expect(sent({ messages: [] }, rewrite)).toEqual({ messages: [], enable_thinking: false, x: 1 })
    expect(sent({ messages: [] }, rewrite, { stream: true })).toEqual({ messages: [], x: 1 })
    expect(sent({ messages: [], enable_thinking: true }, rewrite)).toEqual({ messages: [], enable_thinking: true, x: 1 })
  })

  it('are translated where the table has them', () => {
    const rewrite = { values: { tool_choice: { required: 'any' } } }
    expect(sent({ tool_choice: 'required' }, rewrite)).toEqual({ tool_choice: 'any' })
    for (const choice of ['auto', 'constructor', null, { required: 1 }])
      expect(sent({ tool_choice: choice }, rewrite)).toEqual({ tool_choice: choice })
  })
})

describe('tool_choice', () => {
  const tools = ['f', 'g', 'f'].map((name) => ({ type: 'function', function: { name } }))
  const named = (name: string) => ({ type: 'function', function: { name } })

  it('by name leaves that tool alone, with the word for required', () => {
    const rewrite = { namedTool: 'only-tool', values: { tool_choice: { required: 'any' } } }
    expect(sent({ tools, tool_choice: named('g') }, rewrite)).toEqual({ tools: [tools[1]], tool_choice: 'any' })
    expect(sent({ tools, tool_choice: named('f') }, { namedTool: 'only-tool' })).toEqual({
      tools: [tools[0], tools[2]],
      tool_choice: 'required',
    })
  })

  it.each([
    [{ tools, tool_choice: named('h') }, { namedTool: 'only-tool' }],
    [{ tools, tool_choice: {} }, { namedTool: 'only-tool' }],
    [{ tool_choice: named('f') }, { namedTool: 'only-tool' }],
    [{ tools, tool_choice: named('f') }, {}],
    [{ tools, tool_choice: 'none' }, {}],
    [{ tools, tool_choice: 'auto' }, { noTool: 'without-tools' }],
  ])('%j stays with %j', (fields, rewrite) => {
    expect(sent(fields, rewrite)).toEqual(fields)
  })

  it('none is no tools, where it is not obeyed', () => {
    expect(sent({ a: 1, tools, tool_choice: 'none' }, { noTool: 'without-tools' })).toEqual({ a: 1 })
    expect(sent({ a: 1, tool_choice: 'none' }, { noTool: 'without-tools' })).toEqual({ a: 1 })
  })
})

describe('a JSON Schema where the backend has none', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } } }
  const format = { type: 'json_schema', json_schema: { name: 'place', description: 'Where.', schema, strict: true } }
  const PROMPT = `Answer with one JSON object and nothing else. It is called "place". Where. It must be valid against this JSON Schema:\n${JSON.stringify(schema)}`
  const rewrite = { jsonSchema: 'prompt' }
  const json = { type: 'json_object' }

  it.each([
    ['before all others', [user], [{ role: 'system', content: PROMPT }, user]],
    ['at the end of the system message', [system, user], [{ role: 'system', content: `s\n\n${PROMPT}` }, user]],
    ['in an empty one', [{ role: 'system', content: '' }, user], [{ role: 'system', content: PROMPT }, user]],
    ['of a developer', [{ role: 'developer', content: 's' }], [{ role: 'developer', content: `s\n\n${PROMPT}` }]],
    [
      'as a part of it',
      [{ role: 'system', content: [{ type: 'text', text: 's' }] }],
      [
        {
          role: 'system',
          content: [
            { type: 'text', text: 's' },
            { type: 'text', text: PROMPT },
          ],
        },
      ],
    ],
    ['beside one without a text', [{ role: 'system' }], [{ role: 'system', content: PROMPT }, { role: 'system' }]],
    ['where there is nothing', [], [{ role: 'system', content: PROMPT }]],
  ])('goes into the prompt %s', (_name, messages, expected) => {
    expect(sent({ messages, response_format: format }, rewrite)).toEqual({ messages: expected, response_format: json })
  })

  it('without a name, and without a schema', () => {
    const bare = { type: 'json_schema', json_schema: { name: '' } }
    expect(sent({ messages: [], response_format: bare }, rewrite)).toEqual({
      messages: [
        { role: 'system', content: 'Answer with one JSON object and nothing else. It must be valid against this JSON Schema:\n{}' },
      ],
      response_format: json,
    })
    expect(sent({ messages: [], response_format: { type: 'json_schema' } }, rewrite)).toMatchObject({
      messages: [{ content: 'Answer with one JSON object and nothing else.' }],
    })
  })

  it('is said to be degraded, and only then', () => {
    expect(degradedFields({ response_format: format }, tableOf(rewrite))).toEqual(['response_format'])
    expect(degradedFields({ response_format: format }, tableOf({}))).toEqual([])
    for (const other of [json, { type: 'text' }, 'json_schema', undefined]) {
      expect(degradedFields({ response_format: other }, tableOf(rewrite))).toEqual([])
      expect(sent({ messages: [user], response_format: other ?? null }, rewrite)).toEqual({
        messages: [user],
        response_format: other ?? null,
      })
    }
  })
})

describe('messages', () => {
  const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })
  const messagesOf = (messages: readonly unknown[], table: object, model = 'm'): unknown =>
    (sent({ messages }, { messages: table }, { model }) as { messages: unknown }).messages

  it('have the roles and the fields that the backend knows', () => {
    expect(
      messagesOf([{ role: 'developer', content: 's', name: 'x' }, user, 'odd'], { roles: { developer: 'system' }, drop: ['name'] }),
    ).toEqual([system, user, 'odd'])
  })

  it('have ids of nine characters, the same for a call and its answer', () => {
    const history = [
      user,
      { role: 'assistant', content: null, tool_calls: [call('call_abcdef'), call('gSIMJiOkT'), 1] },
      { role: 'tool', tool_call_id: 'call_abcdef', content: '1' },
    ]
    const id = toNineCharacters('call_abcdef')
    expect(messagesOf(history, { toolIds: 'nine' })).toEqual([
      user,
      { role: 'assistant', content: null, tool_calls: [call(id), call('gSIMJiOkT'), 1] },
      { role: 'tool', tool_call_id: id, content: '1' },
    ])
    const good = [
      { role: 'assistant', tool_calls: [call('gSIMJiOkT')] },
      { role: 'tool', tool_call_id: 'gSIMJiOkT', content: '1' },
    ]
    expect(messagesOf(good, { toolIds: 'nine' })).toEqual(good)
  })

  it('mark a last one of the assistant as one to go on from', () => {
    const begun = { role: 'assistant', content: 'a' }
    expect(messagesOf([begun, user, begun], { prefix: 'partial' })).toEqual([begun, user, { ...begun, partial: true }])
    expect(messagesOf([begun, user], { prefix: 'partial' })).toEqual([begun, user])
    expect(messagesOf([{ ...begun, partial: false }], { prefix: 'partial' })).toEqual([{ ...begun, partial: false }])
  })

  const old = { role: 'assistant', content: 'x', reasoning_content: 'old' }
  const current = { role: 'assistant', content: null, reasoning: 'new', reasoning_details: [{ text: 'new' }] }
  const plain = { role: 'assistant', content: 'y' }
  const bare = { role: 'assistant', content: 'x' }
  const silent = { role: 'assistant', content: null }
  it.each([
    ['keep', [old, user, { ...silent, reasoning_content: 'new' }, plain]],
    ['turn', [bare, user, { ...silent, reasoning_content: 'new' }, plain]],
    ['strip', [bare, user, silent, plain]],
    ['fill', [old, user, { ...silent, reasoning_content: 'new' }, { ...plain, reasoning_content: '' }]],
    ['tags', [{ ...bare, content: '<think>\nold\n</think>\n\nx' }, user, { ...silent, content: '<think>\nnew\n</think>\n\n' }, plain]],
  ])('have the reasoning of earlier turns: %s', (replay, expected) => {
    expect(messagesOf([old, user, current, plain], { reasoning: { '*': replay } })).toEqual(expected)
  })

  it('put the tags before parts, and add no second line break', () => {
    const parts = [{ type: 'text', text: 'x' }]
    expect(
      messagesOf(
        [
          { role: 'assistant', content: parts, reasoning_content: 'a\n' },
          { ...user, reasoning_content: 'a' },
        ],
        { reasoning: { '*': 'tags' } },
      ),
    ).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: '<think>\na\n</think>\n\n' }, ...parts] },
      { ...user, reasoning_content: 'a' },
    ])
  })

  it('go by the first pattern that fits the upstream model', () => {
    const reasoning = { 'v4*': 'fill', '*': 'strip' }
    expect(messagesOf([plain], { reasoning }, 'v4-pro')).toEqual([{ ...plain, reasoning_content: '' }])
    expect(messagesOf([old], { reasoning }, 'r1')).toEqual([bare])
    expect(messagesOf([old], { reasoning: { 'v4*': 'strip' } }, 'r1')).toEqual([old])
  })

  it('that need nothing are no edit at all, so that their bytes stay', () => {
    const table = tableOf({
      jsonSchema: 'prompt',
      messages: { roles: { developer: 'system' }, drop: ['name'], toolIds: 'nine', prefix: 'prefix', reasoning: { '*': 'strip' } },
    })
    const call = { fields: { messages: [system, user, plain, user] }, model: 'm', stream: false }
    expect(rewriteEdits(call, table)).toEqual([])
    expect(rewriteEdits({ ...call, fields: { messages: 'none' } }, table)).toEqual([])
    expect(rewriteEdits(call, tableOf({}))).toEqual([])
  })
})

it('an id of nine characters is made the same way each time, and apart from others', () => {
  fc.assert(
    fc.property(fc.string(), (id) => {
      expect(toNineCharacters(id)).toMatch(/^[0-9A-Za-z]{9}$/)
      expect(toNineCharacters(toNineCharacters(id))).toBe(toNineCharacters(id))
    }),
  )
  const ids = Array.from({ length: 20_000 }, (_, index) => `call_${index}`)
  expect(new Set(ids.map(toNineCharacters)).size).toBe(ids.length)
})
