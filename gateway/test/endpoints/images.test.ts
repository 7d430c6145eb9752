import type OpenAI from 'openai'
import { toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { parseMultipart } from '../../src/simulator/multipart.ts'
import { noise } from '../support/multipart.ts'
import { collect, startPair } from '../support/start-pair.ts'

const picture = (length: number, name: string) => toFile(noise(length), name, { type: 'image/png' })

const CALLS: Readonly<Record<string, (client: OpenAI) => Promise<unknown>>> = {
  'a generation': async (client) => client.images.generate({ model: 'sim-image', prompt: 'a cat', n: 2, size: '512x512' }),
  'a generation as URLs': async (client) => client.images.generate({ model: 'sim-image', prompt: 'a cat', response_format: 'url' }),
  'a streamed generation': async (client) =>
    collect(await client.images.generate({ model: 'sim-image', prompt: 'a cat', stream: true, partial_images: 2 })),
  'an edit': async (client) => client.images.edit({ model: 'sim-image', image: await picture(5_000, 'a.png'), prompt: 'a hat' }),
  'an edit of several pictures with a mask': async (client) =>
    client.images.edit({
      model: 'sim-image',
      image: [await picture(5_000, 'a.png'), await picture(6_000, 'b.png')],
      mask: await picture(700, 'mask.png'),
      prompt: 'a hat',
    }),
  'a streamed edit': async (client) =>
    collect(await client.images.edit({ model: 'sim-image', image: await picture(5_000, 'a.png'), prompt: 'a hat', stream: true })),
  'a variation': async (client) => client.images.createVariation({ model: 'sim-image', image: await picture(5_000, 'a.png'), n: 2 }),
}

describe('images', () => {
  it.each(Object.entries(CALLS).map(([name, call]) => ({ name, call })))('$name is what the backend gives', async ({ call }) => {
    const { client, direct } = await startPair()
    const expected = await call(direct)
    expect(await call(client)).toEqual(expected)
    expect(JSON.stringify(expected)).toMatch(/b64_json|url/)
  })

  it('as a JSON edit go through', async () => {
    const { simulator, post } = await startPair()
    const body = JSON.stringify({ model: 'sim-image', prompt: 'a hat', images: [{ image_url: 'data:image/png;base64,AA==' }] })
    const headers = { 'content-type': 'application/json' }
    const expected: unknown = await (await fetch(`${simulator.url}/v1/images/edits`, { method: 'POST', body, headers })).json()
    expect(await (await post('/v1/images/edits', body)).json()).toEqual(expected)
  })

  it('to be edited keep their fields, names, types and order under another model name', async () => {
    const { client, direct, posts } = await startPair({
      simulator: { models: ['upstream/image'] },
      backend: { models: [{ name: 'upstream/image', as: 'public' }] },
    })
    const request = async (model: string) => ({
      image: [await picture(50, 'a.png'), await picture(60, 'b.png')],
      model,
      prompt: 'a hat',
      n: 1,
    })
    await direct.images.edit(await request('upstream/image'))
    await client.images.edit(await request('public'))
    const [own, relayed] = posts().map(({ headers, body }) => parseMultipart(String(headers['content-type']), body))
    expect(own?.map(({ name, filename }) => [name, filename])).toContainEqual(['image[]', 'b.png'])
    expect(relayed).toEqual(own)
  })
})

describe('moderations', () => {
  it.each([
    { name: 'a text', input: 'I hate violence' },
    { name: 'several texts', input: ['hello', 'I hate violence'] },
    {
      name: 'text and a picture',
      input: [
        { type: 'text' as const, text: 'hello' },
        { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } },
      ],
    },
  ])('are what the backend gives: $name', async ({ input }) => {
    const { client, direct } = await startPair()
    const expected = await direct.moderations.create({ model: 'sim-moderation', input })
    expect(await client.moderations.create({ model: 'sim-moderation', input })).toEqual(expected)
    expect(expected.results.length).toBeGreaterThan(0)
  })
})
