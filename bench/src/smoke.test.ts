// The mock and the bare proxy in one small round over real sockets, with the probe as the load: that they work together, not how fast.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createBareProxy } from './children/bare-proxy.ts'
import { createMockUpstream } from './children/mock-upstream.ts'
import { answerBody, requestBody, streamEvents } from './exchange-bodies.ts'
import { probe, toRequestBytes } from './probe.ts'

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function startPair(): Promise<{ direct: number; bare: number }> {
  const direct = await listen(createMockUpstream())
  const { server, pool } = createBareProxy(`http://127.0.0.1:${direct}`)
  const bare = await listen(server)
  onTestFinished(() => pool.destroy())
  return { direct, bare }
}

const HEADERS = { 'content-type': 'application/json' }

test.each([
  { kind: 'small', connections: 4 },
  { kind: 'large', connections: 2 },
  { kind: 'stream', connections: 4 },
  { kind: 'paced-stream', connections: 2 },
] as const)('$kind bodies, straight to the mock and through the bare proxy', async ({ kind, connections }) => {
  const ports = await startPair()
  const request = toRequestBytes('/v1/chat/completions', HEADERS, requestBody(kind))
  const streams = kind === 'stream' || kind === 'paced-stream'
  for (const port of [ports.direct, ports.bare]) {
    const result = await probe({ port, request, connections, durationMs: 100, staggerMs: 0 })
    expect(result).toMatchObject({ errors: 0, firstError: undefined })
    expect(result.requests).toBeGreaterThanOrEqual(connections)
    expect(result.firstTokenMs).toHaveLength(streams ? result.requests : 0)
  }
})

async function chat(port: number, body: Buffer): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: HEADERS,
    body: new Uint8Array(body),
  })
  return { status: response.status, text: await response.text() }
}

test('the bare proxy changes nothing', async () => {
  const { bare } = await startPair()
  expect(await chat(bare, requestBody('small'))).toEqual({ status: 200, text: answerBody().toString() })
  expect(await chat(bare, requestBody('stream'))).toEqual({ status: 200, text: Buffer.concat(streamEvents()).toString() })
})

test.each(['', '{', '{}', '{"model":1}'])('the bare proxy does parse: %j is a 400', async (body) => {
  const { bare } = await startPair()
  expect(await chat(bare, Buffer.from(body))).toMatchObject({ status: 400 })
})

test('the mock has what health probes and model discovery ask for', async () => {
  const { direct } = await startPair()
  expect((await fetch(`http://127.0.0.1:${direct}/health`)).status).toBe(200)
  expect(await (await fetch(`http://127.0.0.1:${direct}/v1/models`)).json()).toMatchObject({ data: [{ id: 'bench-model' }] })
})
