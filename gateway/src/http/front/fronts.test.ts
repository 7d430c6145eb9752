import { expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { ResponseStore } from '../../dialects/responses/response-store.ts'
import type { Front } from './front.ts'
import { createFronts } from './fronts.ts'
import { lateFront } from './late-front.ts'
import { MESSAGES_FRONT } from './messages-front.ts'
import { OLLAMA_FRONTS } from './ollama-fronts.ts'
import { responsesFront } from './responses-front.ts'

// Nothing of it is asked.
const RESPONSES = {} as ResponseStore

function faceOf({ dialect, path, endpoint, idHeaders, errorBody }: Front) {
  const error = errorBody(new GatewayError('model_not_found', 'm', { param: 'model' }), 'id')
  return { dialect, path, endpoint, idHeaders, error }
}

it('what is known of fronts before they are loaded is so afterwards', () => {
  const loaded = [MESSAGES_FRONT, responsesFront(RESPONSES), ...OLLAMA_FRONTS]
  expect(createFronts(RESPONSES).map(faceOf)).toEqual(loaded.map(faceOf))
})

it('a front is loaded once, for its first request', async () => {
  let loads = 0
  const front = lateFront(MESSAGES_FRONT, () => {
    loads += 1
    return Promise.resolve(MESSAGES_FRONT)
  })
  const fields = { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }] }
  const request = { fields, id: 'r', now: () => 0 } as unknown as Parameters<Front['open']>[0]
  expect(loads).toBe(0)
  for (let times = 0; times < 2; times += 1) expect(await front.open(request)).toMatchObject({ kind: 'call', endpoint: 'chat' })
  expect(loads).toBe(1)
})
