import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { askApi, type ApiAnswer } from '../support/ask-api.ts'
import { chat } from '../support/ask.ts'
import { eventually } from '../support/eventually.ts'
import { listening, runCli, temporaryDirectory } from '../support/run-cli.ts'
import { countOf } from '../support/start-fleet.ts'
import { startSimulatorForTest } from '../support/start-pair.ts'

/** A gateway that nobody has set up, as `npm start` gives it; an empty config, so that it uses no model server of this machine. */
async function startNew() {
  const cwd = await temporaryDirectory()
  // A busy machine is not what this is about.
  await writeFile(join(cwd, 'jairouter.yaml'), 'backends: []\nserver: { overload: { enabled: false } }\n')
  const cli = runCli(['serve', '--port', '0'], { cwd })
  const url = await listening(cli)
  const [, setupToken = ''] = await eventually(() => {
    const found = /\/admin\/setup#token=(\S+)/.exec(cli.stderr())
    if (found === null) throw new Error(`no link in: ${cli.stderr()}`)
    return found
  })
  return { url, setupToken, cli }
}

function told({ status, json, text }: ApiAnswer, expected: number): JsonObject {
  expect([status, text]).toEqual([expected, text])
  return json
}

/** The calls are those of the README, under "Change it while it runs". */
it('a newcomer adds backends, makes a key, calls a model, changes the balancing and takes that back', async () => {
  const { url, setupToken, cli } = await startNew()
  const simulators = [await startSimulatorForTest({ name: 'one' }), await startSimulatorForTest({ name: 'two' })]

  told(await askApi(url, 'POST /setup', { body: { token: setupToken, name: 'ada', password: 'correct horse battery' } }), 201)
  const session = told(await askApi(url, 'POST /session', { body: { name: 'ada', password: 'correct horse battery' } }), 200)
  const as = String(session['accessToken'])
  for (const [index, id] of ['one', 'two'].entries()) {
    const body = { id, type: 'openai-compatible', url: simulators[index]?.url, models: ['sim-chat'] }
    told(await askApi(url, 'POST /backends', { as, body }), 201)
  }
  // Open on loopback while there is no key; from then on with one only.
  expect((await chat(url)).status).toBe(200)
  const { key } = told(await askApi(url, 'POST /keys', { as, body: { name: 'app', models: ['sim-*'] } }), 201)
  expect((await chat(url)).status).toBe(401)
  const headers = { authorization: `Bearer ${String(key)}` }
  expect((await chat(url, {}, { headers })).status).toBe(200)

  told(await askApi(url, 'PATCH /services/chat', { as, body: { balance: 'round-robin' } }), 200)
  const answers = []
  for (let count = 0; count < 6; count += 1) answers.push((await chat(url, {}, { headers })).backend)
  expect(countOf(answers)).toEqual({ one: 3, two: 3 })

  const { items } = told(await askApi(url, 'GET /config/versions', { as }), 200) as { items?: readonly JsonObject[] }
  expect(items?.map(({ number, author, origin, current }) => [number, author, origin, current])).toEqual([
    [4, 'ada', 'api', true],
    [3, 'ada', 'api', false],
    [2, 'ada', 'api', false],
    [1, 'file', 'file', false],
  ])
  const { changes } = told(await askApi(url, 'GET /config/diff?from=3&to=4', { as }), 200)
  expect(changes).toEqual([{ op: 'added', path: 'services', after: { chat: { balance: 'round-robin' } } }])
  told(await askApi(url, 'POST /config/versions/3/rollback', { as, body: { message: 'as it was' } }), 200)
  const { balance: after } = told(await askApi(url, 'GET /services/chat', { as }), 200)
  expect(after).toBeUndefined()
  expect((await chat(url, {}, { headers })).status).toBe(200)
  expect(told(await askApi(url, 'GET /config', { as }), 200)['version']).toMatchObject({ number: 5, origin: 'rollback', restores: 3 })
  expect(cli.log().filter(({ level }) => Number(level) >= 50)).toEqual([])
})
