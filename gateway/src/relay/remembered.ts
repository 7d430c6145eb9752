import { keyIdOf } from '../config/key-id.ts'
import type { Route } from '../config/snapshot.ts'
import type { Call } from '../endpoints/call.ts'
import type { AnswerCache, CachedAnswer } from '../fallback/answer-cache.ts'
import { answerKey, isDeterministic, tenantOf } from '../fallback/answer-key.ts'
import { mayStore, readCacheControl, type CacheUse } from '../fallback/cache-control.ts'
import type { Admission } from './admission.ts'
import type { Delivered } from './attempt.ts'
import { CapturedClient } from './captured-client.ts'
import type { AnswerHeaders, ClientPort } from './client-port.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'

/** Larger answers are not kept: a client's own memory is as good a place for them. */
const LARGEST_BYTES = 8 * 1024 ** 2
/** What of an answer's head belongs to the answer, and not to the call that it came from. */
const KEPT_HEADERS = ['content-type', 'cache-control', 'x-accel-buffering'] as const

/** What earlier answers can do for one request, and its own for later ones. */
export interface Remembered {
  /** The client as the answer is to be given to. */
  readonly client: ClientPort
  /** Equal requests that come meanwhile may share the call; undefined where they may not. */
  readonly shareKey: string | undefined
  /** Answers from the response cache; false when there is nothing that may be given. */
  replayCached(): boolean
  /** Answers with the last good answer to an equal request; false when there is none. */
  replayLastGood(maxAgeMs: number, marks: AnswerHeaders): boolean
  /** The request was answered: what was sent is kept if it may be. */
  keep(delivered: Delivered): void
}

interface Admitted {
  readonly route: Route
  readonly admission: Admission | undefined
}

/** Undefined where the route keeps no answers, or the request is none whose answers can be told apart. */
export function rememberedFor(input: RelayInput, admitted: Admitted, ports: RelayPorts): Remembered | undefined {
  if (!keepsAnswers(input.call, admitted.route)) return undefined
  return new KeptAnswers(input, admitted, ports)
}

export function keepsAnswers(call: Call, { policy: { cache, fallback } }: Route): boolean {
  return call.kind === 'json' && (cache !== undefined || fallback.some(({ kind }) => kind === 'cache'))
}

/** Under which key an answer to the request is kept. */
export function placeOf({ call, client, key }: AskedFor, route: Route): string {
  return answerKey({
    tenant: tenantOf(key === undefined ? undefined : keyIdOf(key), client.address),
    endpoint: call.endpoint.id,
    model: modelOf(route),
    fields: call.kind === 'json' ? call.fields : {},
    headers: client.headers,
  })
}

type AskedFor = Pick<RelayInput, 'call' | 'key'> & { readonly client: Pick<ClientPort, 'address' | 'headers'> }

class KeptAnswers implements Remembered {
  readonly client: CapturedClient
  readonly #input: RelayInput
  readonly #ports: RelayPorts
  readonly #key: string
  readonly #use: CacheUse
  readonly #cache: AnswerCache | undefined
  readonly #keepsLastGood: boolean
  readonly #admission: Admission | undefined

  constructor(input: RelayInput, { route, admission }: Admitted, ports: RelayPorts) {
    const { call, client, key } = input
    this.#input = input
    this.#ports = ports
    this.#admission = admission
    this.#keepsLastGood = route.policy.fallback.some(({ kind }) => kind === 'cache')
    this.client = new CapturedClient(client, LARGEST_BYTES)
    this.#use = readCacheControl(client.headers['cache-control'])
    this.#cache = ports.answers.cacheOf(route)
    this.#key = placeOf({ call, client, key }, route)
  }

  get shareKey(): string | undefined {
    const { call } = this.#input
    const may = this.#cache !== undefined && this.#use.read && this.#use.write && call.kind === 'json' && isDeterministic(call.fields)
    return may ? this.#key : undefined
  }

  replayCached(): boolean {
    const { record } = this.#input
    if (this.#cache === undefined) return false
    record.cache = this.#use.read ? 'miss' : 'bypass'
    if (!this.#use.read) return false
    const answer = this.#cache.get(this.#key, { now: this.#ports.now(), maxAgeMs: this.#use.maxAgeMs })
    if (answer === undefined) return false
    record.cache = 'hit'
    this.#replay(answer, { 'x-jairouter-cache': 'hit' })
    return true
  }

  replayLastGood(maxAgeMs: number, marks: AnswerHeaders): boolean {
    // Who wants no stored answers wants no old ones in an outage either.
    if (!this.#use.read) return false
    const bounded = Math.min(maxAgeMs, this.#use.maxAgeMs)
    const answer = this.#ports.answers.lastGood.get(this.#key, { now: this.#ports.now(), maxAgeMs: bounded })
    if (answer === undefined) return false
    this.#replay(answer, marks)
    return true
  }

  keep(delivered: Delivered): void {
    const { call } = this.#input
    if (!this.#use.write || call.kind !== 'json' || delivered.kind !== 'answered' || delivered.broken !== undefined) return
    const answer = this.client.answer()
    // Of a stream that another model completed the head says nothing.
    if (answer?.status !== 200 || this.#input.record.fallback !== undefined) return
    const content = answer.stream || isEventStream(answer.headers) ? streamContent(answer.body) : wholeContent(answer.body)
    if (!mayStore({ endpoint: call.endpoint, fields: call.fields, status: 200, complete: true, content })) return
    const now = this.#ports.now()
    const headers = Object.fromEntries(KEPT_HEADERS.flatMap((name) => (name in answer.headers ? [[name, answer.headers[name] ?? '']] : [])))
    const kept: CachedAnswer = { status: 200, headers, body: answer.body, stream: answer.stream, storedAt: now, usage: delivered.usage }
    this.#cache?.put(this.#key, kept, now)
    if (this.#keepsLastGood) this.#ports.answers.lastGood.put(this.#key, kept, now)
  }

  #replay({ headers, body, stream, storedAt }: CachedAnswer, marks: AnswerHeaders): void {
    const { client, record, startedAt } = this.#input
    const now = this.#ports.now()
    record.firstByteMs = now - startedAt
    const all = { ...headers, ...marks, ...this.#admission?.headers(now), age: String(Math.floor((now - storedAt) / 1_000)) }
    if (!stream) return client.send(200, all, body)
    client.start(200, all)
    void client.write(body)
    client.end()
  }
}

/** Answers of other upstream models or servers under the same public name, before a change of the config, are not this model's. */
function modelOf({ model, instances }: Route): string {
  const all = instances.map(({ backend, model: upstream }) => `${backend.origin}${backend.basePath} ${upstream}`)
  return JSON.stringify([model, [...new Set(all)].sort()])
}

function isEventStream(headers: AnswerHeaders): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true
}

function streamContent(bytes: Buffer) {
  return { kind: 'stream', bytes } as const
}

function wholeContent(body: Buffer) {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'))
    return { kind: 'json', json } as const
  } catch {
    return { kind: 'bytes' } as const
  }
}
