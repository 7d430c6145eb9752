import { AuthenticationError, type OpenAI } from 'openai'
import { describe, expect, it } from 'vitest'
import { clientOf, startPair, type PairOptions } from '../support/start-pair.ts'

const SLASHED = 'org/team/model-7b:free'
const options: PairOptions = {
  simulator: { models: ['sim-chat', SLASHED, 'hidden'] },
  backend: { models: ['sim-chat', SLASHED, { name: 'hidden', as: 'shown' }] },
  config: { models: [{ name: 'smart', targets: [{ backend: 'sim', model: 'sim-chat' }] }] },
}
const withKeys: PairOptions = {
  ...options,
  config: {
    ...options.config,
    auth: {
      keys: [
        { name: 'all', key: 'key-for-everything' },
        { name: 'some', key: 'key-for-some-models', models: ['org/*', 'smart'] },
        { name: 'off', key: 'key-that-is-disabled', enabled: false },
      ],
    },
  },
}
const idsOf = async (client: OpenAI) => (await client.models.list()).data.map(({ id }) => id).toSorted()

describe('the list of models', () => {
  it('has each public name once, in the shape of OpenAI', async () => {
    const { client } = await startPair(options)
    const { data } = await client.models.list()
    expect(data.map(({ id }) => id).toSorted()).toEqual([SLASHED, 'shown', 'sim-chat', 'smart'])
    for (const model of data) {
      expect(model).toMatchObject({ object: 'model', created: expect.any(Number), owned_by: expect.any(String) })
      expect(Number.isInteger(model.created)).toBe(true)
    }
  })

  it('has what backends list themselves', async () => {
    const { client, direct } = await startPair()
    expect(await idsOf(client)).toEqual(await idsOf(direct))
  })

  it('shows a key only what it may use', async () => {
    const { gateway } = await startPair(withKeys)
    expect(await idsOf(clientOf(gateway.url, 'key-for-everything'))).toEqual([SLASHED, 'shown', 'sim-chat', 'smart'])
    expect(await idsOf(clientOf(gateway.url, 'key-for-some-models'))).toEqual([SLASHED, 'smart'])
  })

  it.each(['wrong-key-of-nobody', 'key-that-is-disabled'])('is not for %s', async (key) => {
    const { gateway } = await startPair(withKeys)
    await expect(clientOf(gateway.url, key).models.list()).rejects.toThrow(AuthenticationError)
  })
})

describe('one model', () => {
  it.each(['sim-chat', SLASHED, 'shown', 'smart'])('is found by its id: %s', async (id) => {
    const { client } = await startPair(options)
    expect(await client.models.retrieve(id)).toMatchObject({ id, object: 'model', owned_by: expect.any(String) })
  })

  it.each([SLASHED, encodeURIComponent(SLASHED), 'org/team%2Fmodel-7b%3Afree', `${SLASHED}?x=1`])(
    'with slashes in its id is found at /v1/models/%s',
    async (path) => {
      const { gateway } = await startPair(options)
      const response = await fetch(`${gateway.url}/v1/models/${path}`)
      expect([response.status, await response.json()]).toMatchObject([200, { id: SLASHED }])
    },
  )

  it.each(['nobody', 'hidden', 'org', 'org/team', `${SLASHED}/`])('is not there: %s', async (id) => {
    const { client } = await startPair(options)
    await expect(client.models.retrieve(id)).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error',
    })
  })

  it('that a key may not use is not there', async () => {
    const { gateway } = await startPair(withKeys)
    const some = clientOf(gateway.url, 'key-for-some-models')
    expect(await some.models.retrieve(SLASHED)).toMatchObject({ id: SLASHED })
    await expect(some.models.retrieve('sim-chat')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
    expect(await clientOf(gateway.url, 'key-for-everything').models.retrieve('sim-chat')).toMatchObject({ id: 'sim-chat' })
  })
})
