/** What is logged can be changed while the gateway runs, and what is written down is in the log as well. */
import { expect, test } from 'vitest'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { startJoined, type Joined } from '../support/start-joined.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

async function startLogged(more: object = {}): Promise<Joined> {
  const simulator = await startSimulatorForTest({})
  return startJoined({
    config: { backends: [{ id: 'one', type: 'openai-compatible', url: simulator.url, models: ['sim-chat'] }], ...more },
  })
}

interface Line {
  readonly level: number
  readonly msg: string
  readonly id?: string
  readonly audit?: string
  readonly attempt?: number
  readonly event?: string
  readonly by?: string
  readonly result?: string
}

function linesOf({ logged }: Joined): Line[] {
  return logged()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

const messagesOf = (joined: Joined, since: number) =>
  linesOf(joined)
    .slice(since)
    .map(({ msg }) => msg)

test('a patch of the settings holds from the next line on', async () => {
  const joined = await startLogged()
  expect((await joined.api('/settings/log', { method: 'PATCH', body: { level: 'warn' } })).status).toBe(200)
  const since = linesOf(joined).length
  expect((await chat(joined.url)).status).toBe(200)
  expect((await chat(joined.url, { model: 'nowhere' })).status).toBe(404)
  expect(messagesOf(joined, since)).toEqual([])
  await joined.api('/settings/log', { method: 'PATCH', body: { level: 'info', sample: 0 } })
  const later = linesOf(joined).length
  await chat(joined.url)
  await chat(joined.url, { model: 'nowhere' })
  expect(messagesOf(joined, later)).toEqual(['request'])
})

test('another level for a while: audited, over every change of the config, and over in time', async () => {
  const joined = await startLogged()
  const put = await joined.api('/log/level', { method: 'PUT', body: { level: 'debug', for: '2s' } })
  expect(put).toMatchObject({ status: 200, json: { level: 'debug', configured: 'info', override: { level: 'debug', by: 'admin' } } })
  const since = linesOf(joined).length
  const answer = await chat(joined.url)
  const lines = linesOf(joined).slice(since)
  expect(lines.filter(({ id }) => id === answer.headers['x-request-id'])).toMatchObject([
    { level: 20, msg: 'attempt', attempt: 1 },
    { level: 30, msg: 'request' },
  ])
  // The config says something else meanwhile.
  await joined.api('/settings/log', { method: 'PATCH', body: { level: 'warn' } })
  expect((await joined.fields('/log/level'))['level']).toBe('debug')
  const after = linesOf(joined).length
  await chat(joined.url)
  expect(messagesOf(joined, after)).toContain('attempt')
  expect(linesOf(joined).some(({ event }) => event === 'config.in-force')).toBe(true)
  await eventually(async () => expect((await joined.fields('/log/level'))['level']).toBe('warn'))
  const last = linesOf(joined).length
  await chat(joined.url)
  expect(messagesOf(joined, last)).toEqual([])
  const audit = JSON.stringify(await joined.fields('/audit'))
  expect(audit).toContain('log.override')
  await eventually(async () => expect(JSON.stringify(await joined.fields('/audit'))).toContain('log.override-expired'))
})

test('it can be taken back, and only those may change it who may change the config', async () => {
  const joined = await startLogged()
  const viewer = await joined.userOf('viewer')
  const body = { level: 'debug', for: '10m' }
  expect((await joined.api('/log/level', { method: 'PUT', body, as: viewer.token })).status).toBe(403)
  expect((await joined.api('/log/level', { as: viewer.token })).json).toEqual({ level: 'info', configured: 'info' })
  expect((await joined.api('/log/level', { method: 'PUT', body: { ...body, for: '25h' } })).status).toBe(400)
  expect((await joined.api('/log/level', { method: 'PUT', body: { level: 'loud', for: '1m' } })).status).toBe(400)
  expect((await joined.api('/log/level', { method: 'PUT', body: { level: 'debug' } })).status).toBe(400)
  expect((await joined.api('/log/level', { method: 'PUT', body })).status).toBe(200)
  expect((await joined.api('/log/level', { method: 'DELETE' })).status).toBe(204)
  expect((await joined.api('/log/level', { method: 'DELETE' })).status).toBe(204)
  expect((await joined.api('/log/level')).json).toEqual({ level: 'info', configured: 'info' })
  const since = linesOf(joined).length
  await chat(joined.url)
  expect(messagesOf(joined, since)).toEqual(['request'])
})

test('what is in the audit is in the log, with who and the id of the request, and without what was changed', async () => {
  const joined = await startLogged()
  const canary = 'canary-text-of-a-key-name'
  const asked = await joined.api('/keys', { body: { name: canary } })
  expect(asked.status).toBe(201)
  const line = linesOf(joined).find(({ audit }) => audit === 'key.create')
  expect(line).toMatchObject({ level: 30, msg: 'audit', result: 'ok', by: 'admin', client: '127.0.0.1', id: expect.any(String) })
  expect(JSON.stringify(line)).not.toContain(canary)
  const viewer = await joined.userOf('viewer')
  expect((await joined.api('/keys', { body: { name: 'x' }, as: viewer.token })).status).toBe(403)
  await eventually(() => {
    const refused = linesOf(joined).find(({ by, result }) => by === viewer.name && result === 'refused')
    expect(refused).toMatchObject({ level: 40, msg: 'audit' })
  })
})
