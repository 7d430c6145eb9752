import type { ConfigInput } from '@jairouter/contract/config'
import type { ServerResponse } from 'node:http'
import { answerJson, startScripted, type Script, type ScriptedServer } from '../support/scripted-server.ts'
import { endsIdle, type BackendInput } from '../support/start-fleet.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'

/** What may stand nowhere but where its owner put it. */
export const SECRET = 'canary.person@secret-house.example'
export const FORBIDDEN = 'zeppelin'

export const RULES: NonNullable<ConfigInput['contentRules']> = [
  { name: 'mail', match: { builtin: 'email' }, action: 'mask' },
  { name: 'stop', match: { words: [FORBIDDEN] }, action: 'block' },
  { name: 'seen', match: { pattern: 'secret-[a-z]+' }, action: 'flag' },
]

export interface Guarded extends TestGateway {
  readonly server: ScriptedServer
  /** The body of the request that a backend got, as JSON. */
  asked(index?: number): unknown
  readonly config: ConfigInput
}

export function entry(id: string, url: string, more: Partial<BackendInput> = {}): BackendInput {
  return { id, type: 'openai-compatible', url, models: ['m'], health: { enabled: false }, ...more }
}

/** A gateway whose rules hold for all, before one scripted backend with the model `m`; in the end no lease may be open. */
export async function startGuarded(
  script: Script,
  { backend = {}, ...more }: Omit<ConfigInput, 'backends'> & { readonly backend?: Partial<BackendInput> } = {},
): Promise<Guarded> {
  const server = await startScripted(script)
  const config: ConfigInput = {
    contentRules: RULES,
    defaults: { content: ['mail', 'stop', 'seen'] },
    ...more,
    backends: [entry('one', server.url, backend)],
  }
  const gateway = await startGateway(config)
  endsIdle(gateway)
  return { ...gateway, server, config, asked: (index = 0) => JSON.parse(server.requests[index]?.body.toString() ?? 'null') }
}

export function completion(message: object, more: object = {}): object {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason: 'stop', ...more }]
  return {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices,
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  }
}

export function answering(message: object, more: object = {}): Script {
  return (_request, response) => answerJson(response, completion(message, more))
}

export function sse(data: object | string): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

export function chunk(delta: object, more: object = {}): object {
  return {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
  }
}

/** A chat in pieces, properly ended. */
export function chunksOf(pieces: readonly string[]): string {
  const end = [
    chunk({}, { finish_reason: 'stop' }),
    { ...chunk({}), choices: [], usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } },
  ]
  return [chunk({ role: 'assistant', content: '' }), ...pieces.map((content) => chunk({ content })), ...end, '[DONE]'].map(sse).join('')
}

export function streamHead(response: ServerResponse, type = 'text/event-stream'): void {
  response.writeHead(200, { 'content-type': type })
}

export function streaming(body: string, type = 'text/event-stream'): Script {
  return (_request, response) => {
    streamHead(response, type)
    response.end(body)
  }
}
