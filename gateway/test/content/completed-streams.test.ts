import { configSchema } from '@jairouter/contract/config'
import { expect, it, onTestFinished } from 'vitest'
import { createGateway } from '../../src/gateway.ts'
import type { ContentHitFacts } from '../../src/telemetry/content-hits.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { ask } from '../support/ask.ts'
import { startScripted, type Script } from '../support/scripted-server.ts'
import { dataOf } from '../support/sse-data.ts'
import { startGateway } from '../support/start-gateway.ts'
import { answering, chunk, chunksOf, entry, RULES, SECRET, sse, streamHead, streaming } from './guarded.ts'

const body = { model: 'm', stream: true, messages: [{ role: 'user', content: 'hello' }] }
const [FIRST, REST] = [SECRET.slice(0, 9), SECRET.slice(9)]

const breaking =
  (...pieces: readonly string[]): Script =>
  async (_request, response) => {
    streamHead(response)
    for (const content of pieces)
      await new Promise<void>((resolve) => {
        response.write(sse(chunk({ content })), () => resolve())
      })
    response.destroy()
  }

function textOf(text: string): string {
  return dataOf(text)
    .flatMap((data) => (data === '[DONE]' ? [] : [JSON.parse(data)]))
    .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    .join('')
}

it('what another instance completes is one text to the rules', async () => {
  const broken = await startScripted(breaking('write to ', FIRST))
  const whole = await startScripted(streaming(chunksOf(['write to ', FIRST, REST, ' now'])))
  const { url } = await startGateway({
    contentRules: RULES,
    backends: [
      // One that could go on from a text, which is not let see what no rule for requests has seen.
      entry('one', broken.url, { type: 'vllm', priority: 1 }),
      entry('two', whole.url, { type: 'vllm', priority: 2 }),
    ],
    defaults: { content: ['mail'], retry: { resume: true } },
  })
  const { text } = await ask(`${url}/v1/chat/completions`, { body })
  expect(textOf(text)).toBe('write to [email] now')
  expect(text).toContain('[DONE]')
  expect(text).not.toContain('canary')
  for (const { body } of whole.requests) expect(body.toString()).not.toContain('canary')
})

it('so is what a fallback model with rules of its own completes', async () => {
  const broken = await startScripted(breaking('write to '))
  const other = await startScripted(streaming(chunksOf(['write to ', FIRST, REST, ' now'])))
  const { url } = await startGateway({
    contentRules: RULES,
    backends: [entry('one', broken.url), entry('two', other.url, { models: ['n'] })],
    models: [
      { name: 'm', targets: [{ backend: 'one' }], fallback: [{ model: 'n' }], retry: { resume: true, attempts: 1 } },
      { name: 'n', targets: [{ backend: 'two' }], content: ['mail'] },
    ],
  })
  const { text } = await ask(`${url}/v1/chat/completions`, { body })
  expect(textOf(text)).toBe('write to [email] now')
  expect(text).toContain('[DONE]')
})

it('the audit is told what was found, and not what it was', async () => {
  const server = await startScripted(answering({ content: SECRET }))
  const told: ContentHitFacts[] = []
  const config = configSchema.parse({
    server: { port: 0, overload: { enabled: false } },
    auth: { keys: [{ name: 'ci', key: 'some-key-1' }] },
    contentRules: RULES,
    backends: [entry('one', server.url)],
    defaults: { content: ['mail'] },
  })
  const gateway = createGateway({
    loaded: { config, certificates: new Map() },
    log: createLogger({ level: 'silent' }),
    onContentHit: (facts) => void told.push(facts),
  })
  onTestFinished(() => gateway.stop('now'))
  const url = await gateway.listen()
  await gateway.firstRound()
  const asking = (id: string) =>
    ask(`${url}/v1/chat/completions`, {
      body: { ...body, stream: false },
      headers: { authorization: 'Bearer some-key-1', 'x-request-id': id },
    })
  await asking('first')
  await asking('second')
  await gateway.stop('now')
  const facts = {
    rule: 'mail',
    action: 'mask',
    where: 'answer',
    count: 1,
    requests: 1,
    principal: 'ci',
    model: 'm',
    endpoint: 'chat',
    address: '127.0.0.1',
  }
  expect(told).toEqual([
    { ...facts, requestId: 'first' },
    { ...facts, requestId: 'second' },
  ])
})
