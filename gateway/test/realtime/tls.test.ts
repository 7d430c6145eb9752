import { configSchema } from '@jairouter/contract/config'
import { expect, it, onTestFinished } from 'vitest'
import { createGateway } from '../../src/gateway.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { startRealtimeBackend } from '../support/realtime-backend.ts'
import { openRealtime, refusedRealtime } from '../support/realtime-client.ts'
import { realtimeEntry } from '../support/start-realtime.ts'
import { startTlsFront } from '../support/tls-front.ts'

/** A gateway whose backend is at `url`; `trusted` is the PEM of its `ca` setting. */
async function startTrusting(url: string, trusted?: string): Promise<string> {
  const ca = trusted === undefined ? {} : { ca: 'ca.pem' }
  const config = configSchema.parse({ server: { port: 0, drain: { accept: '0ms' } }, backends: [realtimeEntry('tls', url, ca)] })
  const certificates = new Map(trusted === undefined ? [] : [['ca.pem', trusted]])
  const gateway = createGateway({ loaded: { config, certificates }, log: createLogger({ level: 'silent' }) })
  onTestFinished(() => gateway.stop('now'))
  return gateway.listen()
}

it('sessions go over TLS to a backend that has it, if its certificate is trusted', async () => {
  const backend = await startRealtimeBackend()
  const front = await startTlsFront(backend.url)
  const client = await openRealtime(await startTrusting(front.url, front.certificate))
  client.socket.send('x')
  await client.heard(1)
})

it('nothing is sent to one whose certificate is not', async () => {
  const backend = await startRealtimeBackend()
  const front = await startTlsFront(backend.url)
  const refused = await refusedRealtime(await startTrusting(front.url))
  expect([refused.status, refused.body]).toMatchObject([
    502,
    { error: { code: 'upstream_error', message: 'The model server could not be reached' } },
  ])
  expect(backend.handshakes).toEqual([])
})
