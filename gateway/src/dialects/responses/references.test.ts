import { describe, expect, it } from 'vitest'
import { referencedResponses, withReferences } from './references.ts'

const reference = (id: string) => ({ type: 'item_reference', id })
const item = (id: string) => ({ id, type: 'message', role: 'user', content: 'x' })

describe('referencedResponses', () => {
  it('names each response once', () => {
    const input = [
      reference('msg_b_0'),
      item('msg_z_0'),
      reference('rs_a_1'),
      reference('fc_b_2'),
      { id: 'item_c_in0' },
      { type: null, id: 'msg_d_0' },
      reference('msg_68a3f0e1'),
      { type: 'item_reference' },
      'x',
    ]
    expect(referencedResponses({ input })).toEqual(['resp_b', 'resp_a', 'resp_c', 'resp_d'])
  })

  it.each([[{}], [{ input: 'msg_a_0' }], [{ input: [] }]])('names none for %j', (fields) => expect(referencedResponses(fields)).toEqual([]))
})

describe('withReferences', () => {
  const stored = [
    { input: [item('item_a_in0')], output: [item('msg_a_0')] },
    { input: [], output: [item('msg_b_0')] },
  ]

  it('puts items in the place of what refers to them', () => {
    const fields = {
      model: 'm',
      input: [reference('item_a_in0'), item('own'), { id: 'msg_b_0' }, reference('msg_c_0'), reference('msg_a_0')],
    }
    expect(withReferences(fields, stored)).toEqual({
      model: 'm',
      input: [item('item_a_in0'), item('own'), item('msg_b_0'), reference('msg_c_0'), item('msg_a_0')],
    })
  })

  it.each([[{ input: 'Hi' }], [{ input: [item('msg_a_0'), { role: 'user', content: 'x' }, 'y'] }], [{}]])('leaves %j alone', (fields) => {
    expect(withReferences(fields, stored)).toBe(fields)
  })
})
