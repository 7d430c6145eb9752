import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { answerJson, startScripted, type Script } from '../support/scripted-server.ts'
import { startGateway } from '../support/start-gateway.ts'

const inputsIn = (body: Buffer) => (JSON.parse(String(body)) as { input: string[] }).input

/** Each text's vector is its number; refuses more than ten. */
const embedding: Script = ({ body }, response) => {
  const inputs = inputsIn(body)
  if (inputs.length > 10)
    return void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"batch size"}}')
  answerJson(response, {
    object: 'list',
    model: 'up',
    data: inputs.map((text, index) => ({ object: 'embedding', index, embedding: [Number(text), 0.5] })),
    usage: { prompt_tokens: inputs.length, total_tokens: inputs.length },
  })
}

async function start(scripts: readonly Script[]) {
  const servers = await Promise.all(scripts.map(startScripted))
  const backends = servers.map(({ url }, index) => ({ id: `b${index}`, type: 'dashscope', url, models: ['e'], health: { enabled: false } }))
  const gateway = await startGateway({ backends, defaults: { balance: 'round-robin' } })
  const embed = (count: number, more: object = {}) =>
    ask(`${gateway.url}/v1/embeddings`, {
      body: { model: 'e', input: Array.from({ length: count }, (_, index) => String(index)), ...more },
    })
  return { ...gateway, servers, embed }
}

describe('a list of inputs that is longer than the backend takes', () => {
  it('is asked for in parts, in order, and answered as one', async () => {
    const { embed, servers, records, settled } = await start([embedding])
    const { text, attempts } = await embed(25, { user: 'u' })
    const answer = JSON.parse(text) as { data: { index: number; embedding: number[] }[] }
    expect(answer).toMatchObject({ object: 'list', usage: { prompt_tokens: 25, total_tokens: 25 } })
    expect(answer.data.map(({ index, embedding: [first] }) => [index, first])).toEqual(
      Array.from({ length: 25 }, (_, index) => [index, index]),
    )
    expect(servers[0]?.requests.map(({ body }) => inputsIn(body).length)).toEqual([10, 10, 5])
    expect(JSON.parse(String(servers[0]?.requests[2]?.body))).toMatchObject({ model: 'e', user: 'u' })
    await settled(1)
    expect([attempts, records[0]?.usage?.totalTokens]).toEqual([1, 25])
  })

  it('is answered in base64 where that was asked', async () => {
    const { embed } = await start([embedding])
    const { data } = JSON.parse((await embed(11, { encoding_format: 'base64' })).text) as { data: { embedding: string }[] }
    expect([data.length, Buffer.from(data[10]?.embedding ?? '', 'base64').readFloatLE(0)]).toEqual([11, 10])
  })

  it('goes whole to another instance when one of its parts fails', async () => {
    let asked = 0
    const failing: Script = (request, response) => {
      asked += 1
      return asked === 2 ? void response.writeHead(500).end() : embedding(request, response)
    }
    const { embed, servers } = await start([failing, embedding])
    const answers = await Promise.all([embed(25), embed(25)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers.map(({ backend, attempts }) => [backend, attempts]).toSorted()).toEqual([
      ['b1', 1],
      ['b1', 2],
    ])
    expect(servers[0]?.requests).toHaveLength(2)
  })

  it('is not parted for a backend without a bound', async () => {
    const server = await startScripted(embedding)
    const { url } = await startGateway({
      backends: [{ id: 'b', type: 'openai-compatible', url: server.url, models: ['e'], health: { enabled: false } }],
    })
    const input = Array.from({ length: 11 }, String)
    expect((await ask(`${url}/v1/embeddings`, { body: { model: 'e', input } })).status).toBe(400)
    expect(server.requests).toHaveLength(1)
  })
})
