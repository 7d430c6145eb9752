import { describe, expect, it } from 'vitest'
import { decodeVector } from '../../src/simulator/answers/embedding.ts'
import { answerJson, startScripted } from '../support/scripted-server.ts'
import { startPair, startRelayed } from '../support/start-pair.ts'

const INPUTS = [
  { name: 'a text', input: 'alpha' },
  { name: 'several texts', input: ['alpha', 'beta', 'gamma'] },
  { name: 'tokens', input: [1, 2, 3] },
  { name: 'several lists of tokens', input: [[1, 2], [3]] },
]
/** `answersFloat`: whatever was asked, as Xinference does. */
const BACKENDS = [
  { backend: 'that encodes itself', type: 'openai', answersFloat: false },
  { backend: 'for which the gateway encodes', type: 'openai-compatible', answersFloat: false },
  { backend: 'that is said to encode and does not', type: 'openai', answersFloat: true },
  { backend: 'that knows floats only', type: 'xinference', answersFloat: true },
]

async function start({ type, answersFloat }: { type: string; answersFloat: boolean }) {
  const pair = await startPair({ type, backend: { models: ['sim-embedding'], health: { enabled: false } } })
  const floats = async (input: string | string[] | number[] | number[][], dimensions?: number) => {
    const request = {
      model: 'sim-embedding',
      input,
      encoding_format: 'float' as const,
      ...(dimensions === undefined ? {} : { dimensions }),
    }
    return pair.direct.embeddings.create(request)
  }
  const expected = floats
  if (answersFloat) pair.simulator.setFault('sim-embedding', { name: 'embeddings-float' })
  return { ...pair, expected }
}

describe.each(BACKENDS)('embeddings of a backend $backend', (backend) => {
  it.each(INPUTS)("in the SDK's default, base64: $name", async ({ input }) => {
    const { client, expected } = await start(backend)
    const got = await client.embeddings.create({ model: 'sim-embedding', input })
    expect(got).toEqual(await expected(input))
  })

  it('as floats', async () => {
    const { client, expected } = await start(backend)
    const got = await client.embeddings.create({ model: 'sim-embedding', input: ['alpha', 'beta'], encoding_format: 'float' })
    expect(got).toEqual(await expected(['alpha', 'beta']))
  })

  it('as floats for a client that does not say', async () => {
    const { post, expected } = await start(backend)
    const response = await post('/v1/embeddings', JSON.stringify({ model: 'sim-embedding', input: 'alpha' }))
    expect(await response.json()).toEqual(await expected('alpha'))
  })

  it('as base64, little endian, for a raw client', async () => {
    const { post, expected } = await start(backend)
    const body = JSON.stringify({ model: 'sim-embedding', input: 'alpha', encoding_format: 'base64' })
    const answer: unknown = await (await post('/v1/embeddings', body)).json()
    expect(answer).toMatchObject({
      data: [
        { embedding: expect.toSatisfy((text) => typeof text === 'string' && /^[A-Za-z0-9+/]+=*$/.test(text) && text.length % 4 === 0) },
      ],
    })
    const { data } = answer as { data: { embedding: string }[] }
    const vectors = data.map(({ embedding }) => decodeVector(embedding))
    expect(vectors).toEqual((await expected('alpha')).data.map(({ embedding }) => embedding))
  })

  it('with as many dimensions as asked', async () => {
    const { client, expected } = await start(backend)
    const got = await client.embeddings.create({ model: 'sim-embedding', input: 'alpha', dimensions: 33 })
    expect(got.data[0]?.embedding).toHaveLength(33)
    expect(got).toEqual(await expected('alpha', 33))
  })
})

describe('embeddings', () => {
  it('come as floats also where the backend knows base64 only', async () => {
    const backend = await startScripted((_, response) =>
      answerJson(response, {
        object: 'list',
        // 0.5 and -2 in single precision, little endian
        data: [{ object: 'embedding', index: 0, embedding: Buffer.from([0, 0, 0, 0x3f, 0, 0, 0, 0xc0]).toString('base64') }],
        model: 'm',
        usage: { prompt_tokens: 1, total_tokens: 1 },
      }),
    )
    const { client } = await startRelayed({
      backends: [{ id: 'base64', type: 'openai', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    const got = await client.embeddings.create({ model: 'm', input: 'x', encoding_format: 'float' })
    expect(got.data).toEqual([{ object: 'embedding', index: 0, embedding: [0.5, -2] }])
  })

  it('are rounded to single precision when the gateway encodes doubles', async () => {
    const vector = [0.1, -1e-7, 3.4028234663852886e38, 0]
    const backend = await startScripted((_, response) =>
      answerJson(response, {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: vector }],
        model: 'm',
        usage: { prompt_tokens: 1, total_tokens: 1 },
      }),
    )
    const { client } = await startRelayed({
      backends: [{ id: 'double', type: 'openai-compatible', url: backend.url, models: ['m'], health: { enabled: false } }],
    })
    const got = await client.embeddings.create({ model: 'm', input: 'x' })
    expect(got.data[0]?.embedding).toEqual(vector.map(Math.fround))
  })

  it('are asked for as floats where the backend may not know base64', async () => {
    const { client, sent } = await startPair({ backend: { models: ['sim-embedding'] } })
    await client.embeddings.create({ model: 'sim-embedding', input: 'x' })
    expect(JSON.parse(sent().body.toString())).toEqual({ model: 'sim-embedding', input: 'x', encoding_format: 'float' })
  })
})
