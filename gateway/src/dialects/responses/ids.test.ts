import { expect, it } from 'vitest'
import { mintedCallId } from '../canonical/function-tool.ts'
import { inputItemId, itemId, responseId, responseIdOfItem } from './ids.ts'

const context = { id: 'req-1' }

it('makes ids of the request', () => {
  expect(responseId(context)).toBe('resp_req-1')
  expect(itemId('msg', context, 2)).toBe('msg_req-1_2')
  expect(mintedCallId(context, 3)).toBe('call_req-1_3')
  expect(inputItemId('resp_req-1', 4)).toBe('item_req-1_in4')
})

it.each([
  ['msg_req-1_0', 'resp_req-1'],
  ['rs_a_12', 'resp_a'],
  ['fc_0-Z_1', 'resp_0-Z'],
  ['item_req-1_in4', 'resp_req-1'],
  ['msg_req-1', undefined],
  ['msg_a_b_0', undefined],
  ['call_req-1_0', undefined],
  ['xmsg_a_0', undefined],
  ['msg_a_0x', undefined],
  ['msg_68a3f0e1', undefined],
  ['', undefined],
])('%s is an item of %s', (id, response) => expect(responseIdOfItem(id)).toBe(response))
