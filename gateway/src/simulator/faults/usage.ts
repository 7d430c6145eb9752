import { arrayOf, isObject, objectOf, type JsonObject } from '../json.ts'
import { event, type Reply, type SentEvent } from '../reply.ts'
import type { FaultContext, FaultKind } from './fault-kind.ts'
import { bodyBytes, withBytes } from './wire.ts'

/** Where providers put usage in a stream. Plain answers stay, but for `no-usage`. */
export const usageFaults = {
  'usage-every-chunk': {
    about: 'running usage on each chunk, and the chunk with the total',
    reads: [],
    apply: (reply, _, context) =>
      rewrite(
        reply,
        (chunk, index) => ({ ...chunk, usage: runningUsage(usageOf(context), index) }),
        (frame) => [total(frame, usageOf(context))],
      ),
  },
  'usage-on-finish': {
    about: 'usage on the chunk that finishes, asked or not',
    reads: [],
    apply: (reply, _, context) =>
      rewrite(
        reply,
        (chunk) => (finishes(chunk) ? { ...chunk, usage: usageOf(context) } : chunk),
        () => [],
      ),
  },
  'usage-in-choice': {
    about: 'usage within the choice that finishes (Moonshot)',
    reads: [],
    apply: (reply, _, context) =>
      rewrite(
        reply,
        (chunk) => (finishes(chunk) ? inChoice(chunk, usageOf(context)) : chunk),
        () => [],
      ),
  },
  'usage-uninvited': {
    about: 'a usage chunk with extra keys that nobody asked for (GPUStack)',
    reads: [],
    apply: (reply, _, context) =>
      rewrite(
        reply,
        (chunk) => chunk,
        (frame) => [total(frame, { ...usageOf(context), time_to_first_token_ms: 12, tokens_per_second: 40 })],
      ),
  },
  'no-usage': {
    about: 'no usage anywhere, asked or not',
    reads: [],
    apply: (reply) => {
      if (reply.body.kind === 'events') return rewrite(reply, without, () => [])
      return reply.headers['content-type'] === 'application/json'
        ? withBytes(reply, Buffer.from(JSON.stringify(without(objectOf(parsed(reply))))))
        : reply
    },
  },
  'empty-choices-first': {
    about: 'a first chunk without choices, as Azure sends its filter results',
    reads: [],
    apply: (reply) => {
      if (reply.body.kind !== 'events') return reply
      const first = {
        id: '',
        object: '',
        created: 0,
        model: '',
        prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
        choices: [],
      }
      return withEvents(reply, [event(JSON.stringify(first)), ...reply.body.events])
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>

function withEvents(reply: Reply, events: readonly SentEvent[]): Reply {
  return { ...reply, body: { kind: 'events', events } }
}

/** Changes each chunk with choices, takes out the usage chunk that is there, and puts `extra` before [DONE]. */
function rewrite(
  reply: Reply,
  change: (chunk: JsonObject, index: number) => JsonObject,
  extra: (frame: JsonObject) => readonly JsonObject[],
): Reply {
  if (reply.body.kind !== 'events') return reply
  const chunks = reply.body.events.flatMap((sent) => {
    const value: unknown = sent.data.startsWith('{') ? JSON.parse(sent.data) : undefined
    return isObject(value) && arrayOf(value['choices']).length > 0 ? [{ value, waitMs: sent.waitMs }] : []
  })
  if (chunks.length === 0) return reply
  const rewritten = chunks.map(({ value, waitMs }, index) => ({ ...event(JSON.stringify(change(value, index))), waitMs }))
  const added = extra(chunks[0]?.value ?? {}).map((chunk) => event(JSON.stringify(chunk)))
  return withEvents(reply, [...rewritten, ...added, event('[DONE]')])
}

function usageOf(context: FaultContext): JsonObject {
  return objectOf(objectOf(parsed(context.plain()))['usage'])
}

function parsed(reply: Reply): unknown {
  return JSON.parse(bodyBytes(reply).toString('utf8'))
}

/** The first chunk brings the role and no token. */
function runningUsage(usage: JsonObject, index: number): JsonObject {
  const prompt = Number(usage['prompt_tokens'] ?? 0)
  const completion = Math.min(index, Number(usage['completion_tokens'] ?? 0))
  return { ...usage, completion_tokens: completion, total_tokens: prompt + completion }
}

function total(frame: JsonObject, usage: JsonObject): JsonObject {
  return { ...frame, choices: [], usage }
}

function finishes(chunk: JsonObject): boolean {
  return arrayOf(chunk['choices']).some((choice) => typeof objectOf(choice)['finish_reason'] === 'string')
}

function inChoice(chunk: JsonObject, usage: JsonObject): JsonObject {
  return { ...chunk, choices: arrayOf(chunk['choices']).map((choice) => ({ ...objectOf(choice), usage })) }
}

function without(chunk: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(chunk).filter(([key]) => key !== 'usage'))
}
