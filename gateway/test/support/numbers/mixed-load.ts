import { Agent, request, type IncomingHttpHeaders } from 'node:http'
import type { CountingBackends } from './counting-backends.ts'
import { FORBIDDEN } from './numbers-config.ts'
import { planOf, textOfPlan, type Act, type Plan } from './plan.ts'

/** Names of keys; each has its part in the load. */
export const KEYS = ['main', 'other', 'limited', 'narrow', 'media'] as const
export type KeyName = (typeof KEYS)[number]

/** A request as its client saw it. */
export interface Observed {
  readonly id: string
  readonly kind: string
  /** undefined: a wrong one, or none. */
  readonly key: KeyName | undefined
  /** As it was asked for. */
  readonly model: string
  readonly plan: Plan
  /** 0: the client left before an answer began. */
  readonly status: number
  /** Of the error, in the answer or in its stream; '' where there was none. */
  readonly code: string
  readonly left: boolean
  /** Of the headers. */
  readonly attempts: number | undefined
  readonly cache: string
  readonly fallback: string
  /** What the answer itself says that it took. */
  readonly usage: { readonly in: number; readonly out: number } | undefined
  /** Epoch milliseconds at which it was over. */
  readonly endedAt: number
  readonly startedAt: number
}

export interface LoadOptions {
  /** Of the model APIs. */
  readonly url: string
  readonly backends: Pick<CountingBackends, 'called'>
  readonly keys: Readonly<Record<KeyName, string>>
  readonly requests: number
  readonly width: number
  readonly signal?: AbortSignal
}

interface Asking {
  readonly kind: string
  readonly key: KeyName | 'wrong' | 'none'
  readonly model: string
  readonly acts: readonly Act[]
  readonly path?: string
  readonly stream?: boolean
  /** Of a stream: asks for its usage. */
  readonly usage?: boolean
  readonly word?: string
  /** Instead of the usual body. */
  readonly text?: string
  readonly fields?: (text: string) => object
  /** When the client goes away. */
  readonly leaves?: 'before' | 'after'
}

const MESSAGES = (text: string) => ({ messages: [{ role: 'user', content: text }] })
const ANTHROPIC = { path: '/v1/messages', fields: (text: string) => ({ ...MESSAGES(text), max_tokens: 50 }) }
const EMBEDDING = { path: '/v1/embeddings', fields: (text: string) => ({ input: text }) }
const IMAGE = { path: '/v1/images/generations', fields: (text: string) => ({ prompt: text }) }

/** Requests that are each a story of its own; those with several are asked one after the other, and `joined` ones together. */
const STORIES: readonly (readonly Asking[])[] = [
  [{ kind: 'plain', key: 'main', model: 'both', acts: ['ok'] }],
  [{ kind: 'stream', key: 'main', model: 'both', acts: ['ok'], stream: true, usage: true }],
  [{ kind: 'stream without usage', key: 'other', model: 'both', acts: ['ok'], stream: true }],
  [{ kind: 'anthropic', key: 'main', model: 'both', acts: ['ok'], ...ANTHROPIC }],
  [{ kind: 'anthropic stream', key: 'other', model: 'both', acts: ['ok'], stream: true, ...ANTHROPIC }],
  [{ kind: 'embedding', key: 'media', model: 'embed', acts: ['ok'], ...EMBEDDING }],
  [{ kind: 'picture', key: 'media', model: 'paint', acts: ['ok'], ...IMAGE }],
  [{ kind: 'retried 500', key: 'main', model: 'both', acts: ['500', 'ok'] }],
  [{ kind: 'retried 503', key: 'other', model: 'both', acts: ['503', 'ok'], stream: true, usage: true }],
  [{ kind: 'retried reset', key: 'main', model: 'both', acts: ['reset', 'ok'] }],
  [{ kind: 'retried html', key: 'main', model: 'both', acts: ['html', 'ok'], stream: true }],
  [{ kind: 'retried cut', key: 'other', model: 'both', acts: ['cut', 'ok'] }],
  [{ kind: 'failed 500', key: 'main', model: 'both', acts: ['500', '500'] }],
  [{ kind: 'failed 504', key: 'main', model: 'both', acts: ['504', '504'], stream: true }],
  [{ kind: 'failed html', key: 'other', model: 'both', acts: ['html', 'html'] }],
  [{ kind: 'failed reset', key: 'other', model: 'both', acts: ['reset', 'reset'] }],
  [{ kind: 'rejected 400', key: 'main', model: 'both', acts: ['400'] }],
  [{ kind: 'busy 429', key: 'main', model: 'busy', acts: ['429'] }],
  [{ kind: 'gone', key: 'other', model: 'gone', acts: ['ok'] }],
  [{ kind: 'timeout', key: 'main', model: 'hasty', acts: ['silent'] }],
  [{ kind: 'timeout of a stream', key: 'other', model: 'hasty', acts: ['silent'], stream: true }],
  [{ kind: 'broken stream', key: 'main', model: 'strong', acts: ['cut'], stream: true, usage: true }],
  [{ kind: 'error in the stream', key: 'other', model: 'strong', acts: ['inband'], stream: true }],
  [{ kind: 'resumed', key: 'main', model: 'resuming', acts: ['cut', 'ok'], stream: true, usage: true }],
  [{ kind: 'completed by another model', key: 'other', model: 'handed', acts: ['cut', 'ok'], stream: true, usage: true }],
  [{ kind: 'hedge won', key: 'main', model: 'hedged', acts: ['silent', 'ok'] }],
  [{ kind: 'hedge lost', key: 'other', model: 'hedged', acts: ['late', 'silent'] }],
  [{ kind: 'hedge lost stream', key: 'main', model: 'hedged', acts: ['late', 'silent'], stream: true, usage: true }],
  [{ kind: 'fallback to a model', key: 'main', model: 'weak', acts: ['500', 'ok'] }],
  [{ kind: 'fallback of a stream', key: 'other', model: 'weak', acts: ['503', 'ok'], stream: true, usage: true }],
  [{ kind: 'fallback that broke', key: 'main', model: 'weak', acts: ['500', 'cut'], stream: true }],
  [{ kind: 'fallback that failed', key: 'other', model: 'weak', acts: ['500', '500'] }],
  [{ kind: 'fallback to a text', key: 'main', model: 'tidy', acts: ['500'] }],
  [
    { kind: 'good before', key: 'main', model: 'remembering', acts: ['ok', '500'] },
    { kind: 'fallback to the last answer', key: 'main', model: 'remembering', acts: ['ok', '500'] },
  ],
  [
    { kind: 'cache miss', key: 'other', model: 'kept', acts: ['ok'] },
    { kind: 'cache hit', key: 'other', model: 'kept', acts: ['ok'] },
    { kind: 'cache hit', key: 'other', model: 'kept', acts: ['ok'] },
  ],
  [
    { kind: 'joined', key: 'main', model: 'kept', acts: ['held'], fields: (text) => ({ ...MESSAGES(text), temperature: 0 }) },
    { kind: 'joined', key: 'main', model: 'kept', acts: ['held'], fields: (text) => ({ ...MESSAGES(text), temperature: 0 }) },
    { kind: 'joined', key: 'main', model: 'kept', acts: ['held'], fields: (text) => ({ ...MESSAGES(text), temperature: 0 }) },
  ],
  [{ kind: 'experiment', key: 'main', model: 'split', acts: ['ok'] }],
  [{ kind: 'experiment stream', key: 'other', model: 'split', acts: ['ok'], stream: true, usage: true }],
  [{ kind: 'limited', key: 'limited', model: 'both', acts: ['ok'] }],
  [{ kind: 'wrong key', key: 'wrong', model: 'both', acts: ['ok'] }],
  [{ kind: 'no key', key: 'none', model: 'both', acts: ['ok'] }],
  [{ kind: 'not allowed', key: 'narrow', model: 'both', acts: ['ok'] }],
  [{ kind: 'allowed', key: 'narrow', model: 'strong', acts: ['ok'] }],
  [{ kind: 'no such model', key: 'main', model: 'nowhere', acts: ['ok'] }],
  [{ kind: 'no JSON', key: 'main', model: '', acts: ['ok'], text: '{"model":' }],
  [{ kind: 'no messages', key: 'main', model: 'both', acts: ['ok'], fields: () => ({ messages: 'none' }) }],
  [{ kind: 'blocked', key: 'main', model: 'guarded', acts: ['ok'], fields: (text) => MESSAGES(`${text} ${FORBIDDEN} word`) }],
  [{ kind: 'blocked answer', key: 'other', model: 'guarded', acts: ['ok'], word: FORBIDDEN }],
  [{ kind: 'blocked stream', key: 'main', model: 'guarded', acts: ['ok'], word: FORBIDDEN, stream: true }],
  [{ kind: 'guarded', key: 'other', model: 'guarded', acts: ['ok'], stream: true, usage: true }],
  [{ kind: 'left before the first token', key: 'main', model: 'both', acts: ['silent'], leaves: 'before', stream: true }],
  [{ kind: 'left before the answer', key: 'other', model: 'both', acts: ['silent'], leaves: 'before' }],
  [{ kind: 'left after the first token', key: 'main', model: 'both', acts: ['stall'], leaves: 'after', stream: true }],
]

export const KINDS: readonly string[] = [...new Set(STORIES.flat().map(({ kind }) => kind))]

/** At least so many requests, of every kind; `width` stories at a time. Knows nothing of what answers it but the address. */
export async function sendMixedLoad(options: LoadOptions): Promise<readonly Observed[]> {
  const { requests, width, signal } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 4 * width })
  const observed: Observed[] = []
  let story = 0
  let sent = 0
  const worker = async () => {
    while (sent < requests) {
      signal?.throwIfAborted()
      const number = story
      story += 1
      const steps = STORIES[number % STORIES.length] ?? []
      sent += steps.length
      const asks = steps.map((step, index) => () => askOnce(step, { ...options, agent, number, id: `load-${number}-${index}` }))
      if (steps[0]?.kind === 'joined') observed.push(...(await Promise.all(asks.map((ask) => ask()))))
      else for (const ask of asks) observed.push(await ask())
    }
  }
  try {
    await Promise.all(Array.from({ length: width }, worker))
  } finally {
    agent.destroy()
  }
  return observed
}

interface Sending extends LoadOptions {
  readonly agent: Agent
  readonly number: number
  readonly id: string
}

async function askOnce(asking: Asking, { url, keys, backends, agent, number, id }: Sending): Promise<Observed> {
  const { kind, key, model, acts, path = '/v1/chat/completions', stream, usage, word, text, fields = MESSAGES, leaves } = asking
  const plan = planOf(number, acts, word)
  const asked = {
    model,
    ...fields(textOfPlan(plan)),
    ...(stream === true ? { stream } : {}),
    ...(usage === true ? { stream_options: { include_usage: true } } : {}),
  }
  const bytes = Buffer.from(text ?? JSON.stringify(asked))
  const authorization = key === 'none' ? {} : { authorization: `Bearer ${key === 'wrong' ? 'no-key-of-anybody' : keys[key]}` }
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length, 'x-request-id': id, ...authorization }
  const startedAt = Date.now()
  const answer = await exchange({ url: url + path, agent, headers, bytes, leaves, called: () => backends.called(number, 1) })
  return {
    id,
    kind,
    key: key === 'wrong' || key === 'none' ? undefined : key,
    model,
    plan,
    status: answer.status,
    code: codeIn(answer.text, answer.status),
    left: leaves !== undefined,
    attempts: numberIn(answer.headers['x-jairouter-attempts']),
    cache: String(answer.headers['x-jairouter-cache'] ?? ''),
    fallback: String(answer.headers['x-jairouter-fallback'] ?? ''),
    usage: usageIn(answer.text),
    startedAt,
    endedAt: Date.now(),
  }
}

interface Exchanged {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Never fails: a connection that breaks is what its client saw. */
function exchange(asked: {
  readonly url: string
  readonly agent: Agent
  readonly headers: Readonly<Record<string, string | number>>
  readonly bytes: Buffer
  readonly leaves: 'before' | 'after' | undefined
  readonly called: () => Promise<void>
}): Promise<Exchanged> {
  const { url, agent, headers, bytes, leaves, called } = asked
  return new Promise((resolve) => {
    const gone = { status: 0, headers: {}, text: '' }
    const outgoing = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      const seen = (): Exchanged => ({ status: response.statusCode ?? 0, headers: response.headers, text })
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (leaves !== 'after') return
        response.destroy()
        resolve(seen())
      })
      response.on('end', () => resolve(seen()))
      response.on('close', () => resolve(seen()))
      response.on('error', () => resolve(seen()))
    })
    outgoing.on('error', () => resolve(gone))
    outgoing.end(bytes)
    const leave = async () => {
      await called()
      outgoing.destroy()
      resolve(gone)
    }
    if (leaves === 'before') void leave()
  })
}

/** Of an error's body, or of the event that a stream ended with. Errors of Anthropic's have none, and none is asked for here. */
function codeIn(text: string, status: number): string {
  if (status < 400 && !/^data: \{"error"/m.test(text)) return ''
  return /"code":\s*"([^"]+)"/.exec(text)?.[1] ?? ''
}

function numberIn(header: string | readonly string[] | undefined): number | undefined {
  return header === undefined ? undefined : Number(header)
}

function usageIn(text: string): Observed['usage'] {
  const openai = /"prompt_tokens":(\d+)(?:,"completion_tokens":(\d+))?/.exec(text)
  if (openai !== null) return { in: Number(openai[1]), out: Number(openai[2] ?? 0) }
  return undefined
}
