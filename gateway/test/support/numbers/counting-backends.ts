import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { cachedOf, planIn, reasoningOf, type Act, type Plan } from './plan.ts'

/** A call, as the backend saw it. */
export interface CountedCall {
  readonly backend: string
  readonly number: number
  readonly act: Act
  /** Whether the other side took the answer to its end. */
  ended: 'whole' | 'left'
}

export interface CountingBackends {
  readonly urls: Readonly<Record<string, string>>
  /** In the order in which they came. */
  readonly calls: readonly CountedCall[]
  /** Resolves when that call of a request has come. */
  called(number: number, times: number): Promise<void>
  close(): Promise<void>
}

const HELD_MS = 40
const LATE_MS = 2_000

/** Model servers that do what the plan in each prompt says, and keep books of their own. */
export async function startCountingBackends(names: readonly string[]): Promise<CountingBackends> {
  const calls: CountedCall[] = []
  const times = new Map<number, number>()
  const waiting: { readonly number: number; readonly times: number; readonly resolve: () => void }[] = []
  const called = (number: number, wanted: number): Promise<void> => {
    if ((times.get(number) ?? 0) >= wanted) return Promise.resolve()
    return new Promise((resolve) => waiting.push({ number, times: wanted, resolve }))
  }
  const note = (backend: string, plan: Plan): { readonly call: CountedCall; readonly time: number } => {
    const time = (times.get(plan.number) ?? 0) + 1
    times.set(plan.number, time)
    const call: CountedCall = { backend, number: plan.number, act: plan.calls[time - 1] ?? plan.calls.at(-1) ?? 'ok', ended: 'left' }
    calls.push(call)
    for (const one of waiting.filter(({ number, times: wanted }) => number === plan.number && wanted <= time)) {
      waiting.splice(waiting.indexOf(one), 1)
      one.resolve()
    }
    return { call, time }
  }
  const servers: Server[] = []
  const urls: Record<string, string> = {}
  for (const name of names) {
    const server = createServer((request, response) => {
      void answer(name, { request, response, note, called }).catch(() => response.destroy())
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    urls[name] = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  }
  return {
    urls,
    calls,
    called,
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}

interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly note: (backend: string, plan: Plan) => { readonly call: CountedCall; readonly time: number }
  readonly called: (number: number, times: number) => Promise<void>
}

async function answer(backend: string, { request, response, note, called }: Asked): Promise<void> {
  // One that leaves is an end like any other.
  for (const side of [request, response]) side.on('error', () => {})
  let body = ''
  for await (const chunk of request.setEncoding('latin1')) body += String(chunk)
  const plan = planIn(body)
  if (plan === undefined) return void response.writeHead(404).end('{"error":{"message":"no plan"}}')
  const { call, time } = note(backend, plan)
  response.on('finish', () => {
    call.ended = 'whole'
  })
  // The second call of a hedge is no promise.
  if (call.act === 'late') await Promise.race([called(plan.number, time + 1), delay(LATE_MS, undefined, { ref: false })])
  if (call.act === 'held') await delay(HELD_MS)
  act(call.act, { response, plan, body, path: request.url ?? '' })
}

interface Acting {
  readonly response: ServerResponse
  readonly plan: Plan
  readonly body: string
  readonly path: string
}

function act(what: Act, acting: Acting): void {
  const { response, body } = acting
  const stream = /"stream":\s*true/.test(body)
  switch (what) {
    case 'silent':
      return
    case 'reset':
      return void response.destroy()
    case 'html':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>no</html>')
    case '400':
    case '429':
    case '500':
    case '503':
    case '504':
    case '529':
      return void json(response, Number(what), { error: { message: `told to say ${what}`, type: 'planned', code: `planned_${what}` } })
    default:
      return stream ? streamed(what, acting) : whole(what, acting)
  }
}

function streamed(what: Act, { response, plan, body }: Acting): void {
  const { completionTokens } = plan
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const said = what === 'stall' || what === 'inband' ? 1 : what === 'cut' ? Math.floor(completionTokens / 2) : completionTokens
  for (let index = 0; index < said; index += 1) event(response, choice(plan, { content: wordAt(plan, index) }, null))
  if (what === 'stall') return
  // So that what was said arrives before the end of the connection.
  if (what === 'cut') return void setImmediate(() => response.socket?.end())
  if (what === 'inband') {
    event(response, { error: { message: 'told to break off', type: 'planned', code: 'planned_inband' } })
    return void response.end()
  }
  event(response, choice(plan, {}, 'stop'))
  if (body.includes('"include_usage":true')) event(response, { ...choice(plan, {}, null), choices: [], usage: usageOf(plan) })
  response.end('data: [DONE]\n\n')
}

function whole(what: Act, { response, plan, path }: Acting): void {
  const answered = bodyFor(path, plan)
  if (what === 'ok' || what === 'late' || what === 'held') return json(response, 200, answered)
  const bytes = Buffer.from(JSON.stringify(answered))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length >> 1), () => {
    if (what === 'cut') response.socket?.end()
  })
}

function bodyFor(path: string, plan: Plan): object {
  const { number, promptTokens } = plan
  if (path.endsWith('/embeddings'))
    return {
      object: 'list',
      model: 'm',
      data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    }
  if (path.endsWith('/images/generations')) return { created: number, data: [{ b64_json: 'AA==' }] }
  const text = Array.from({ length: plan.completionTokens }, (_, index) => wordAt(plan, index)).join('')
  return {
    id: `c-${number}`,
    object: 'chat.completion',
    created: number,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: usageOf(plan),
  }
}

function wordAt({ word }: Plan, index: number): string {
  return `${word}${index === 0 ? '' : index} `
}

function choice({ number }: Plan, delta: object, reason: string | null): object {
  const choices = [{ index: 0, delta, finish_reason: reason }]
  return { id: `c-${number}`, object: 'chat.completion.chunk', created: number, model: 'm', choices }
}

function usageOf(plan: Plan): object {
  const { promptTokens, completionTokens } = plan
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedOf(plan) },
    completion_tokens_details: { reasoning_tokens: reasoningOf(plan) },
  }
}

function event(response: ServerResponse, data: object): void {
  response.write(`data: ${JSON.stringify(data)}\n\n`)
}

function json(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes)
}
