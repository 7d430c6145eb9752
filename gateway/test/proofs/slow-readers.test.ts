import { describe, expect, it, onTestFinished } from 'vitest'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { RAW_MODEL } from '../support/proofs/answer-wire.ts'
import { stall, startLongStreams } from '../support/proofs/long-streams.ts'
import { countOf, endsIdle, inParallel } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

const MEBIBYTE = 1024 ** 2
const STREAM_BYTES = 64 * MEBIBYTE
/** The kernel's buffers on both connections of a stream take some mebibytes; without a pause it would be all of the stream. */
const MOST_SENT_BYTES = STREAM_BYTES / 2
const STALLED = 4
const NEIGHBOURS = 200

describe(`${STALLED} clients that do not read`, () => {
  it('pause their backend, disturb nobody, and get everything once they read', async () => {
    const backend = await startLongStreams(STREAM_BYTES)
    onTestFinished(() => backend.close())
    const gateway = await startGateway({
      backends: [{ id: 'fast', type: 'openai-compatible', url: backend.url, models: [RAW_MODEL], health: { enabled: false } }],
    })
    endsIdle(gateway)
    const clients = Array.from({ length: STALLED }, (_, index) => stall(gateway.url, `long ${index}`))
    await Promise.all(clients.map(({ begun }) => begun))
    await eventually(() => expect(backend.paused()).toBe(STALLED))

    const neighbours = await inParallel(NEIGHBOURS, 4, () => chat(gateway.url, { model: RAW_MODEL }))
    expect(countOf(neighbours.map(({ status }) => String(status)))).toEqual({ '200': NEIGHBOURS })
    // Still so, after a time in which all of it could have been sent.
    await eventually(() => expect(backend.paused()).toBe(STALLED))
    for (const sent of backend.sent()) expect(sent).toBeLessThan(MOST_SENT_BYTES)
    expect(gateway.gateway.openLeases()).toBe(STALLED)

    const [first, ...others] = clients
    const read = await first?.read()
    expect(read?.bytes).toBeGreaterThan(backend.streamBytes)
    expect(read?.end).toMatch(/data: \[DONE\]\n\n\r\n0\r\n\r\n$/)
    for (const other of others) other.leave()
    await eventually(() => expect([backend.paused(), gateway.gateway.openLeases()]).toEqual([0, 0]))
  })
})
