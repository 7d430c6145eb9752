import { Ollama } from 'ollama'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startFleet } from '../support/start-fleet.ts'

async function start(more = {}) {
  const fleet = await startFleet({ one: { simulator: { models: ['sim-chat', 'sim-embed', 'sim-tagged:latest'] } } }, more)
  return { ...fleet, ollama: new Ollama({ host: fleet.url }) }
}

describe('a client of Ollama', () => {
  it('chats, whole and streamed', async () => {
    const { ollama } = await start()
    const messages = [{ role: 'user', content: 'Say something' }]
    const whole = await ollama.chat({ model: 'sim-chat', messages })
    let text = ''
    let last
    for await (const part of await ollama.chat({ model: 'sim-chat', messages, stream: true })) {
      text += part.message.content
      last = part
    }
    expect(whole).toMatchObject({ model: 'sim-chat', done: true, done_reason: 'stop', message: { role: 'assistant' } })
    expect(whole.message.content).toMatch(/\w/)
    expect([text, last?.done, last?.eval_count]).toEqual([whole.message.content, true, whole.eval_count])
  })

  it('generates, and embeds in both ways', async () => {
    const { ollama } = await start()
    expect((await ollama.generate({ model: 'sim-chat', prompt: 'Say' })).response).toMatch(/\w/)
    const { embeddings } = await ollama.embed({ model: 'sim-embed', input: ['a', 'b'] })
    const { embedding } = await ollama.embeddings({ model: 'sim-embed', prompt: 'a' })
    expect(embeddings).toHaveLength(2)
    expect(embeddings[0]).toHaveLength(embedding.length)
  })

  it('finds the models: tags, show, ps, version, and the root', async () => {
    const { ollama, url } = await start()
    const { models } = await ollama.list()
    expect(models.map(({ name }) => name)).toEqual(['sim-chat', 'sim-embed', 'sim-tagged:latest'])
    expect((await ollama.ps()).models).toHaveLength(3)
    expect((await ollama.show({ model: 'sim-chat' })).details.family).toMatch(/\w/)
    expect((await ollama.version()).version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(await ask(url, { method: 'GET' })).toMatchObject({ status: 200, text: 'JAiRouter is running' })
  })

  it('may leave the tag "latest" out, or say it', async () => {
    const { ollama } = await start()
    for (const model of ['sim-tagged', 'sim-chat:latest'])
      expect((await ollama.chat({ model, messages: [{ role: 'user', content: 'Say' }] })).model).toBe(model)
  })

  it('is told of a missing model as by Ollama, also when it only loads one', async () => {
    const { ollama, url } = await start()
    await expect(ollama.chat({ model: 'nobody', messages: [{ role: 'user', content: 'a' }] })).rejects.toMatchObject({ status_code: 404 })
    const loaded = await ask(`${url}/api/generate`, { body: { model: 'sim-chat' } })
    expect(JSON.parse(loaded.text)).toMatchObject({ done: true, done_reason: 'load', response: '' })
    const missing = await ask(`${url}/api/generate`, { body: { model: 'nobody' } })
    expect([missing.status, JSON.parse(missing.text)]).toEqual([404, { error: "model 'nobody' not found" }])
  })

  it('may send JSON without saying so, but no web page may', async () => {
    const { url } = await start()
    const body = { model: 'sim-chat', prompt: 'Say', stream: false }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await ask(`${url}/api/generate`, { body, headers: form })).status).toBe(200)
    const page = await ask(`${url}/api/generate`, { body, headers: { ...form, origin: 'https://evil.example' } })
    expect([page.status, JSON.parse(page.text)]).toMatchObject([415, { error: expect.stringContaining('application/json') as unknown }])
  })
})
