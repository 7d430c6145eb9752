import { expect, it } from 'vitest'
import { openRealtime, refusedRealtime } from '../support/realtime-client.ts'
import { readMetrics } from '../support/read-metrics.ts'
import { startRealtime } from '../support/start-realtime.ts'

const SECRET = 'a message that nobody else may read'

it('a session stands in the access log and in the metrics as a request, and nothing that was said in it', async () => {
  const { url, backend, logged, settled, records } = await startRealtime({}, { log: { level: 'trace' } })
  const client = await openRealtime(url, { headers: { 'x-request-id': 'my-id' } })
  client.socket.send(SECRET)
  await client.heard(1)
  const during = await readMetrics(url)
  expect(during.series('jairouter_requests_in_flight')).toEqual({ '': 1 })
  expect(during.series('jairouter_upstream_in_flight')).toEqual({ one: 1 })
  ;(await backend.session()).socket.close(1000, SECRET)
  await client.closed
  await settled(1)
  const [line] = logged()
    .split('\n')
    .flatMap((text): unknown[] => (text.includes('"endpoint"') ? [JSON.parse(text)] : []))
  expect(line).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    msg: 'request',
    id: 'my-id',
    endpoint: 'realtime',
    model: 'm',
    client: '127.0.0.1',
    status: 101,
    backend: 'one',
    upstreamModel: 'm',
    attempts: 1,
    ms: expect.any(Number),
    firstByteMs: expect.any(Number),
    overheadMs: expect.any(Number),
  })
  const [record] = records
  expect(record?.durationMs).toBeGreaterThanOrEqual(record?.attempts[0]?.durationMs ?? Infinity)
  expect(record?.attempts[0]?.durationMs).toBeGreaterThanOrEqual(0)
  const after = await readMetrics(url)
  expect(after.series('jairouter_requests_in_flight')).toEqual({ '': 0 })
  expect(after.series('jairouter_upstream_in_flight')).toEqual({ one: 0 })
  expect(after.series('jairouter_requests_total')).toEqual({ ',realtime,m,chat,101': 1 })
  expect(after.series('jairouter_upstream_attempts_total')).toEqual({ 'one,ok': 1 })
  expect(after.series('jairouter_request_duration_seconds_count')).toEqual({ 'realtime,m,chat': 1 })
  for (const text of [logged(), JSON.stringify(after.samples), JSON.stringify(records)]) expect(text).not.toContain('nobody else')
})

it('one that is refused stands there, too', async () => {
  const { url, settled } = await startRealtime()
  await refusedRealtime(url, { path: '/v1/realtime?model=unknown' })
  await settled(1)
  expect((await readMetrics(url)).series('jairouter_requests_total')).toEqual({ 'model_not_found,realtime,other,chat,404': 1 })
})
