import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { startRealtimeBackend } from '../support/realtime-backend.ts'
import { openRealtime, refusedRealtime } from '../support/realtime-client.ts'
import { serveFile, type Served } from '../support/run-cli.ts'
import { realtimeEntry, startRealtime } from '../support/start-realtime.ts'

/** Longer than any test takes: what ends earlier has not waited for it. */
const NEVER = '10m'
const STOPPING = { code: 1001, reason: 'The gateway is stopping' }

async function serve(drain: { readonly accept: string; readonly grace: string }) {
  const backend = await startRealtimeBackend()
  const served = await serveFile({ server: { drain }, backends: [realtimeEntry('one', backend.url)] })
  return { backend, served }
}

function notReady({ url }: Served): Promise<void> {
  return eventually(async () => expect((await ask(`${url}/health/ready`)).status).toBe(503))
}

describe('SIGTERM', () => {
  it('refuses new sessions with 503 at once, while other requests are still taken', async () => {
    const { served } = await serve({ accept: NEVER, grace: NEVER })
    const client = await openRealtime(served.url)
    served.kill('SIGTERM')
    await notReady(served)
    const refused = await refusedRealtime(served.url)
    expect([refused.status, refused.body]).toMatchObject([503, { error: { code: 'server_shutdown' } }])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect((await ask(`${served.url}/v1/models`)).status).toBe(200)
    client.socket.send('still here')
    await client.heard(1)
  })

  it('lets open sessions go on, and ends when they have ended', async () => {
    const { served } = await serve({ accept: '0ms', grace: NEVER })
    const client = await openRealtime(served.url)
    served.kill('SIGTERM')
    await eventually(() => expect(ask(`${served.url}/health/live`)).rejects.toThrow('ECONNREFUSED'))
    client.socket.send('still here')
    await client.heard(1)
    client.socket.close(1000)
    expect(await served.exited()).toBe(0)
  })

  it('closes what is open after the grace with 1001, both ways', async () => {
    const { backend, served } = await serve({ accept: '0ms', grace: '200ms' })
    const client = await openRealtime(served.url)
    const session = await backend.session()
    served.kill('SIGTERM')
    expect(await Promise.all([client.closed, session.closed])).toEqual([STOPPING, STOPPING])
    expect(await served.exited()).toBe(0)
  })
})

describe('stopping at once', () => {
  it('ends sessions with 1001, though nobody answers the closing handshake', async () => {
    const { url, gateway, backend, settled, records } = await startRealtime()
    const client = await openRealtime(url)
    const session = await backend.session()
    client.socket.pause()
    session.socket.pause()
    await gateway.stop('now')
    await settled(1)
    expect(records[0]).toMatchObject({ status: 101, code: 'server_shutdown', attempts: [{ outcome: 'server_shutdown' }] })
    client.socket.resume()
    session.socket.resume()
    expect(await Promise.all([client.closed, session.closed])).toEqual([STOPPING, STOPPING])
  })

  it('ends one whose handshake is not answered yet with 503', async () => {
    const { promise: asked, resolve: asks } = Promise.withResolvers<undefined>()
    const { url, gateway } = await startRealtime({ onHandshake: () => (asks(undefined), 'handled') })
    const refused = refusedRealtime(url)
    await asked
    await gateway.stop('now')
    expect([(await refused).status, (await refused).body]).toMatchObject([503, { error: { code: 'server_shutdown' } }])
  })
})
