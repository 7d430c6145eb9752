import { describe, expect, it } from 'vitest'
import { chat } from '../support/ask.ts'
import { answerJson, startScripted, type Script } from '../support/scripted-server.ts'
import { startGateway } from '../support/start-gateway.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
const DATA_URL = `data:image/png;base64,${PNG.toString('base64')}`

const picture: Script = (request, response) => {
  response.writeHead(request.path === '/missing.png' ? 404 : 200, { 'content-type': 'text/plain' })
  response.end(PNG)
}
const completion: Script = (_request, response) =>
  answerJson(response, {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  })
const native: Script = (_request, response) =>
  answerJson(response, { model: 'm', message: { role: 'assistant', content: 'Hi' }, done: true, done_reason: 'stop' })

async function start(
  types: readonly string[],
  { pictures = { allowPrivate: true }, scripts = {} }: { pictures?: object; scripts?: Readonly<Record<string, Script>> } = {},
) {
  const host = await startScripted(picture)
  const servers = await Promise.all(types.map((type) => startScripted(scripts[type] ?? (type === 'ollama-native' ? native : completion))))
  const backends = types.map((type, index) => ({
    id: type,
    type,
    url: servers[index]?.url ?? '',
    apiKey: 'key',
    models: ['m'],
    health: { enabled: false },
  }))
  const { url } = await startGateway({ server: { pictures }, backends, defaults: { balance: 'round-robin' } })
  const look = (...addresses: readonly string[]) => {
    const content = [
      { type: 'text', text: 'Look' },
      ...addresses.map((address) => ({ type: 'image_url', image_url: { url: address, detail: 'low' } })),
    ]
    return chat(url, { model: 'm', messages: [{ role: 'user', content }] })
  }
  return {
    host,
    servers,
    look,
    bodyOf: (index: number) =>
      JSON.parse(String(servers[index]?.requests.at(-1)?.body)) as { messages: { content: unknown; images?: unknown }[] },
  }
}

describe('a picture by address', () => {
  it('goes as data to a backend that takes only that, in its own wire format', async () => {
    const { host, look, bodyOf } = await start(['ollama-native'])
    expect((await look(`${host.url}/a.png`)).status).toBe(200)
    expect(bodyOf(0).messages).toMatchObject([{ content: 'Look', images: [PNG.toString('base64')] }])
  })

  it('goes as data to one that speaks OpenAI’s, the rest of the message as it was', async () => {
    const { host, look, bodyOf } = await start(['ollama'])
    expect((await look(`${host.url}/a.png`)).status).toBe(200)
    expect(bodyOf(0).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: DATA_URL, detail: 'low' } },
        ],
      },
    ])
  })

  it('is left to a backend that fetches itself, and asked for once however often it stands there and is tried', async () => {
    const plain = await start(['openai-compatible'])
    await plain.look(`${plain.host.url}/a.png`)
    expect(plain.host.requests).toEqual([])
    expect(JSON.stringify(plain.bodyOf(0))).toContain(`${plain.host.url}/a.png`)
    const failing: Script = (_request, response) => void response.writeHead(500).end()
    const { host, look, servers } = await start(['ollama', 'ollama-native'], { scripts: { ollama: failing, 'ollama-native': failing } })
    await look(`${host.url}/a.png`, `${host.url}/a.png`)
    expect(servers.map(({ requests }) => requests.length > 0)).toEqual([true, true])
    expect(host.requests).toHaveLength(1)
  })

  it('that cannot be had is a 400 that names the part, and no call', async () => {
    const { host, look, servers } = await start(['ollama-native'])
    const refused = await look(DATA_URL, `${host.url}/missing.png`)
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      400,
      { error: { code: 'invalid_field', param: 'messages[0].content[2].image_url' } },
    ])
    expect(servers[0]?.requests).toEqual([])
  })

  it('is not fetched from a private address, nor at all where the config says so; another backend may take it as it is', async () => {
    for (const pictures of [{}, { fetch: false, allowPrivate: true }]) {
      const { host, look } = await start(['ollama-native'], { pictures })
      expect(await look(`${host.url}/a.png`)).toMatchObject({ status: 400, code: 'invalid_field' })
      const both = await start(['ollama-native', 'openai-compatible'], { pictures })
      expect(await both.look(`${both.host.url}/a.png`)).toMatchObject({ status: 200, backend: 'openai-compatible' })
      expect([...host.requests, ...both.host.requests]).toEqual([])
    }
  })

  it('is one of twenty at most', async () => {
    const { host, look } = await start(['ollama'])
    const many = (count: number) => look(...Array.from({ length: count }, (_, index) => `${host.url}/${index}.png`))
    expect((await many(20)).status).toBe(200)
    expect(await many(21)).toMatchObject({ status: 400, code: 'invalid_field' })
    expect(host.requests).toHaveLength(20)
  })
})
