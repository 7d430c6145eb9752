import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseMultipart } from '../../src/simulator/multipart.ts'
import { formOf, noise, sha256, type Form, type FormPart } from '../support/multipart.ts'
import { startPair, startRelayed, startSimulatorForTest } from '../support/start-pair.ts'

const PATH = '/v1/audio/transcriptions'
const MEGABYTE = 1024 ** 2
const small = noise(40_000)
const large = noise(5 * MEGABYTE)

let spool: string
const before = process.env['TMPDIR']
beforeAll(async () => {
  spool = await mkdtemp(join(tmpdir(), 'uploads-of-a-test-'))
  process.env['TMPDIR'] = spool
})
afterAll(async () => {
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  await rm(spool, { recursive: true })
})

type Place = 'first' | 'in the middle' | 'last'

function formWith(model: string, place: Place, file: Buffer): Form {
  const filePart: FormPart = { name: 'file', filename: 'a "quoted" näme.wav'.replaceAll('"', '%22'), type: 'audio/wav', bytes: file }
  const others: readonly FormPart[] = [
    ['language', 'de'],
    ['timestamp_granularities[]', 'word'],
    ['timestamp_granularities[]', 'segment'],
    ['vendor_extra', ' keep\r\n--this '],
  ]
  const modelPart: FormPart = ['model', model]
  if (place === 'first') return formOf([modelPart, ...others, filePart])
  return formOf(place === 'last' ? [filePart, ...others, modelPart] : [...others, filePart, modelPart, ['temperature', '0.50']])
}

const PLACES: readonly Place[] = ['first', 'in the middle', 'last']
/** Public name; the upstream's is always `sim-stt`. */
const NAMES = [
  { kind: 'the same', name: 'sim-stt' },
  { kind: 'a longer', name: 'a-longer-public-name/for-transcription' },
  { kind: 'a shorter', name: 'x' },
]
const SIZES = [
  { size: '40 kB', file: small },
  { size: '5 MB', file: large },
]
const CASES = PLACES.flatMap((place) => NAMES.flatMap((name) => SIZES.map((size) => ({ place, ...name, ...size }))))

const renamed = (name: string) => startPair({ backend: { models: [{ name: 'sim-stt', as: name }] } })

describe('an upload', () => {
  it.each(CASES)('of $size with the model $place under $kind name arrives with the model’s value replaced alone', async (test) => {
    const { post, sent, gateway } = await renamed(test.name)
    const form = formWith(test.name, test.place, test.file)
    const response = await post(PATH, form.body, { 'content-type': form.contentType })
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { file: { bytes: test.file.length, sha256: sha256(test.file), type: 'audio/wav' } },
    ])
    const expected = formWith('sim-stt', test.place, test.file).body
    expect(sent().body.equals(expected)).toBe(true)
    expect(sent().headers['content-length']).toBe(String(expected.length))
    expect(sent().headers).not.toHaveProperty('transfer-encoding')
    await gateway.settled(1)
    expect(await readdir(spool)).toEqual([])
  })

  it.each(PLACES)('in chunks, without a length, arrives whole: model %s', async (place) => {
    const { gateway, sent } = await renamed('x')
    const form = formWith('x', place, small)
    let at = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at >= form.body.length) return controller.close()
        // Odd lengths, so that cuts fall into boundaries, headers and values.
        const next = form.body.subarray(at, at + 1_013)
        at += next.length
        controller.enqueue(next)
      },
    })
    const response = await fetch(gateway.url + PATH, {
      method: 'POST',
      headers: { 'content-type': form.contentType },
      body,
      duplex: 'half',
    })
    expect(await response.json()).toMatchObject({ file: { sha256: sha256(small) } })
    expect(sent().body.equals(formWith('sim-stt', place, small).body)).toBe(true)
  })

  it('cut at every byte of its first parts arrives the same', async () => {
    const { gateway, sent } = await renamed('x')
    const form = formWith('x', 'in the middle', noise(300))
    const head = `POST ${PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: ${form.contentType}\r\ncontent-length: ${form.body.length}\r\n\r\n`
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => {
        socket.setNoDelay(true)
        socket.write(head)
        const send = (index: number) => {
          if (index >= form.body.length) return
          socket.write(form.body.subarray(index, index + 1), () => setImmediate(send, index + 1))
        }
        send(0)
      })
      socket.on('error', reject)
      socket.on('close', () => resolve())
      socket.resume()
    })
    expect(sent().body.equals(formWith('sim-stt', 'in the middle', noise(300)).body)).toBe(true)
  })

  it.each([
    { name: 'a preamble and an epilogue', change: (text: string) => `This is a preamble.\r\n${text}And an epilogue.\r\n` },
    { name: 'headers in capitals', change: (text: string) => text.replaceAll('content-disposition', 'Content-Disposition') },
    { name: 'names without quotes', change: (text: string) => text.replaceAll(/; name="(\w+)"/g, '; name=$1') },
    { name: 'a typed model part', change: (text: string) => text.replace('name="model"', 'name="model"\r\ncontent-type: text/plain') },
    { name: 'spaces after a boundary', change: (text: string) => text.replace(/^(--\S+)\r\n/, '$1 \t\r\n') },
  ])('with $name goes through', async ({ change }) => {
    const { post, posts } = await renamed('public-name')
    const written = (model: string) => change(formWith(model, 'in the middle', Buffer.from('RIFF')).body.toString('latin1'))
    const { contentType } = formOf([])
    const response = await post(PATH, Buffer.from(written('public-name'), 'latin1'), { 'content-type': contentType })
    await response.arrayBuffer()
    expect(posts().map(({ body }) => body.toString('latin1'))).toEqual([written('sim-stt')])
  })

  it('with a quoted boundary goes through', async () => {
    const boundary = 'a boundary=with;odd (characters)'
    const { body } = formOf([['model', 'x'], { name: 'file', filename: 'a.wav', bytes: small }], boundary)
    const { post, sent } = await renamed('x')
    const contentType = `multipart/form-data; charset=utf-8; boundary="${boundary}"`
    const response = await post(PATH, body, { 'content-type': contentType })
    expect(response.status).toBe(200)
    const parts = parseMultipart(String(sent().headers['content-type']), sent().body)
    expect(parts?.map(({ name, bytes }) => [name, sha256(bytes)])).toEqual([
      ['model', sha256(Buffer.from('sim-stt'))],
      ['file', sha256(small)],
    ])
  })

  it('is on its way to the backend before the client has sent its end', async () => {
    const { gateway, simulator, sent } = await startPair()
    const form = formWith('sim-stt', 'first', small)
    const half = form.body.length / 2
    const head = `POST ${PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: ${form.contentType}\r\ncontent-length: ${form.body.length}\r\n\r\n`
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    const answered = new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
      socket.resume()
    })
    socket.write(head)
    socket.write(form.body.subarray(0, half))
    await simulator.waitFor(({ seen }) => seen.some(({ method }) => method === 'POST'))
    socket.write(form.body.subarray(half))
    await answered
    expect(sent().body.equals(form.body)).toBe(true)
  })

  it('leaves nothing behind when no model is in it', async () => {
    const { post, posts, gateway } = await startPair()
    const form = formOf([{ name: 'file', filename: 'a.wav', bytes: large }])
    const response = await post(PATH, form.body, { 'content-type': form.contentType })
    expect([response.status, await response.json()]).toMatchObject([400, { error: { param: 'model', code: 'missing_field' } }])
    expect(posts()).toEqual([])
    await gateway.settled(1)
    expect(await readdir(spool)).toEqual([])
  })
})

describe('an upload that breaks off while it waits for its model', () => {
  it('leaves nothing behind', async () => {
    const { gateway, posts } = await startPair()
    const form = formOf([{ name: 'file', filename: 'a.wav', bytes: large }, ['model', 'sim-stt']])
    const head = `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: ${form.contentType}\r\ncontent-length: ${form.body.length}\r\n\r\n`
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    await new Promise<void>((resolve) =>
      socket.write(Buffer.concat([Buffer.from(head), form.body.subarray(0, 4 * MEGABYTE)]), () => resolve()),
    )
    await vi.waitFor(async () => expect(await readdir(spool)).toHaveLength(1), { timeout: 5_000, interval: 5 })
    socket.destroy()
    await gateway.settled(1)
    expect(gateway.records).toMatchObject([{ status: 499, code: 'client_closed', attempts: [] }])
    expect(posts()).toEqual([])
    expect(await readdir(spool)).toEqual([])
  })
})

async function startTwo() {
  const [first, second] = [await startSimulatorForTest({ name: 'first' }), await startSimulatorForTest({ name: 'second' })]
  const backend = { type: 'openai-compatible', models: ['sim-stt'], health: { enabled: false } }
  const relayed = await startRelayed({
    backends: [
      { ...backend, id: 'first', url: first.url, priority: 1 },
      { ...backend, id: 'second', url: second.url, priority: 2 },
    ],
  })
  return { ...relayed, first, second }
}

describe('an upload whose first backend fails', () => {
  it.each(PLACES)('is sent whole to the second when it is small: model %s', async (place) => {
    const { post, first, second } = await startTwo()
    first.setFault('*', { name: 'reset-before-headers' })
    const form = formWith('sim-stt', place, small)
    const response = await post(PATH, form.body, { 'content-type': form.contentType })
    expect(response.headers.get('x-jairouter-attempts')).toBe('2')
    expect(response.headers.get('x-jairouter-backend')).toBe('second')
    expect(await response.json()).toMatchObject({ file: { sha256: sha256(small) } })
    expect([...first.seen, ...second.seen].map(({ body }) => body.equals(form.body))).toEqual([true, true])
  })

  it('is sent once when it is large', async () => {
    const { post, first, second, gateway } = await startTwo()
    first.setFault('*', { name: 'reset-before-headers' })
    const form = formWith('sim-stt', 'first', large)
    const response = await post(PATH, form.body, { 'content-type': form.contentType })
    expect([response.status, await response.json()]).toMatchObject([502, { error: { code: 'upstream_error' } }])
    expect([first.seen.length, second.seen.length]).toEqual([1, 0])
    await gateway.settled(1)
    expect(gateway.records[0]?.attempts).toHaveLength(1)
  })

  it.each(PLACES)('goes to the second also when it is large, if the first took no connection: model %s', async (place) => {
    const { post, first, second, gateway } = await startTwo()
    await first.setDown(true)
    const form = formWith('sim-stt', place, large)
    const response = await post(PATH, form.body, { 'content-type': form.contentType })
    expect(await response.json()).toMatchObject({ file: { sha256: sha256(large) } })
    expect(second.seen.map(({ body }) => body.equals(form.body))).toEqual([true])
    await gateway.settled(1)
    expect(await readdir(spool)).toEqual([])
  })

  it('is not sent elsewhere when the backend refuses its content', async () => {
    const { post, first, second } = await startTwo()
    first.setFault('*', { name: 'status', status: 422 })
    const form = formWith('sim-stt', 'first', small)
    expect((await post(PATH, form.body, { 'content-type': form.contentType })).status).toBe(422)
    expect(second.seen).toEqual([])
  })
})
