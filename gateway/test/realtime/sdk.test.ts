import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { expect, it } from 'vitest'
import type { Peer } from '../support/realtime-peer.ts'
import { startRealtime } from '../support/start-realtime.ts'
import { startTlsFront } from '../support/tls-front.ts'

const KEY = 'client-key-of-the-test'

/** As much of the protocol as one answer in text takes. */
function speak({ socket }: Peer): void {
  const say = (event: object) => socket.send(JSON.stringify(event))
  say({ type: 'session.created', event_id: 'event_1', session: { type: 'realtime', id: 'sess_1', model: 'upstream-model' } })
  socket.on('message', (data) => {
    const { type } = JSON.parse(String(data)) as { type: string }
    if (type !== 'response.create')
      return say({ type: 'error', event_id: 'e', error: { type: 'invalid_request_error', message: `no ${type}` } })
    for (const delta of ['Hel', 'lo'])
      say({ type: 'response.output_text.delta', event_id: 'e', response_id: 'r', item_id: 'i', output_index: 0, content_index: 0, delta })
    say({ type: 'response.done', event_id: 'e', response: { id: 'r', object: 'realtime.response', status: 'completed', output: [] } })
  })
}

it('the SDK’s class for sessions works against the gateway', async () => {
  const { url, backend, settled, records } = await startRealtime(
    { onSession: speak },
    { auth: { keys: [{ name: 'app', key: KEY }] }, backend: { models: [{ name: 'upstream-model', as: 'gpt-realtime' }] } },
  )
  // The class knows only wss.
  const front = await startTlsFront(url)
  const client = new OpenAI({ baseURL: `${front.url}/v1`, apiKey: KEY })
  const session = new OpenAIRealtimeWS({ model: 'gpt-realtime', options: { ca: front.certificate } }, client)
  const failures: Error[] = []
  session.on('error', (error) => void failures.push(error))
  let text = ''
  session.on('response.output_text.delta', ({ delta }) => {
    text += delta
  })
  const created = new Promise<string>((resolve) => session.on('session.created', (event) => resolve(event.event_id)))
  const done = new Promise<string | undefined>((resolve) => session.on('response.done', ({ response }) => resolve(response.status)))
  expect(await created).toBe('event_1')
  session.send({ type: 'response.create' })
  expect([await done, text, failures]).toEqual(['completed', 'Hello', []])
  session.close({ code: 1000, reason: 'OK' })
  expect(await (await backend.session()).closed).toEqual({ code: 1000, reason: 'OK' })
  await settled(1)
  expect(records[0]).toMatchObject({ principal: 'app', model: 'gpt-realtime', status: 101, code: undefined })
  expect(backend.handshakes[0]?.path).toBe('/v1/realtime?model=upstream-model')
  expect(JSON.stringify(backend.handshakes)).not.toContain(KEY)
})
