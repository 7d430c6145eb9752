import { APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { collect } from '../support/start-pair.ts'
import { CASES, messages, startCase } from './ask-and-expect.ts'

const BROKEN = CASES.filter(({ streamed, row }) => streamed && row.stream.kind === 'broken')

describe('a stream that breaks', () => {
  it.each(BROKEN)('is thrown by the SDK: $name', async (test) => {
    const { client } = await startCase(test, false)
    const stream = await client.chat.completions.create({ model: 'sim-chat', messages, stream: true })
    const error: unknown = await collect(stream).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ code: expect.stringMatching(/^(stream_interrupted|upstream_timeout)$/) })
  })

  it.each(BROKEN)('makes the SDK’s helper fail: $name', async (test) => {
    const { client } = await startCase(test, false)
    const answer = client.chat.completions.stream({ model: 'sim-chat', messages }).finalChatCompletion()
    await expect(answer).rejects.toMatchObject({ code: expect.stringMatching(/^(stream_interrupted|upstream_timeout)$/) })
  })
})
