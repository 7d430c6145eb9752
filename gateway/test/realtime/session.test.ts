import { expect, it } from 'vitest'
import { Session } from '../../src/http/realtime/session.ts'
import { DeadlineClock } from '../../src/relay/deadline-clock.ts'
import type { SessionEnding } from '../../src/relay/open-session.ts'
import { startRealtimeBackend } from '../support/realtime-backend.ts'
import { openRealtime } from '../support/realtime-client.ts'
import type { Peer } from '../support/realtime-peer.ts'

interface Sides {
  /** The gateway's ends. */
  readonly client: Peer
  readonly upstream: Peer
  /** Whom they speak to. */
  readonly farClient: Peer
  readonly farUpstream: Peer
}

async function connect(): Promise<Sides> {
  const [one, two] = [await startRealtimeBackend({ onSession: () => {} }), await startRealtimeBackend({ onSession: () => {} })]
  const [client, upstream] = [await openRealtime(one.url), await openRealtime(two.url)]
  return { client, upstream, farClient: await one.session(), farUpstream: await two.session() }
}

function begin({ client, upstream }: Sides, signal: AbortSignal) {
  const clock = new DeadlineClock(() => performance.now())
  const endings: SessionEnding[] = []
  const session = new Session({
    client: client.socket,
    upstream: upstream.socket,
    idleMs: 60_000,
    now: () => performance.now(),
    clock,
    signal,
    onUpstreamClosed: (ending) => void endings.push(ending),
  })
  return { session, endings, clock }
}

it('a backend that has gone before anybody listened is gone', async () => {
  const sides = await connect()
  sides.farUpstream.socket.terminate()
  await sides.upstream.closed
  const { session, endings, clock } = begin(sides, new AbortController().signal)
  expect(await sides.farClient.closed).toEqual({ code: 1011, reason: 'The model server closed the connection' })
  await session.over
  expect([endings, clock.size]).toEqual([['backend_gone'], 0])
})

it('one that is to end before it has begun ends', async () => {
  const sides = await connect()
  const { session, endings, clock } = begin(sides, AbortSignal.abort())
  const stopping = { code: 1001, reason: 'The gateway is stopping' }
  expect(await Promise.all([sides.farClient.closed, sides.farUpstream.closed])).toEqual([stopping, stopping])
  await session.over
  expect([endings, clock.size]).toEqual([['stopping'], 0])
})

it('the first end counts, and a stop cuts short what it still waits for', async () => {
  const sides = await connect()
  const stop = new AbortController()
  const { session, endings, clock } = begin(sides, stop.signal)
  sides.farUpstream.socket.pause()
  sides.farClient.socket.close(1000, 'done')
  await sides.client.closed
  stop.abort()
  await session.over
  expect([endings, clock.size]).toEqual([['closed'], 0])
  sides.farUpstream.socket.resume()
  expect(await sides.farUpstream.closed).toEqual({ code: 1000, reason: 'done' })
})
