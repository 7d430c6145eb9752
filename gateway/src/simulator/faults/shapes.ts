import { decodeVector } from '../answers/embedding.ts'
import { arrayOf, objectOf, stringOf, type JsonObject } from '../json.ts'
import { event, jsonReply, type Reply } from '../reply.ts'
import type { FaultKind } from './fault-kind.ts'
import { bodyBytes, withBytes } from './wire.ts'

/** Answers that are right, but in another server's shape. An answer of another endpoint stays as it is. */
export const shapeFaults = {
  'embeddings-float': {
    about: 'numbers, also for who asked for base64 (Xinference)',
    reads: [],
    apply: (reply) =>
      rewrite(reply, 'data', (body) => ({
        ...body,
        data: arrayOf(body['data']).map((item) => {
          const { embedding, ...rest } = objectOf(item)
          return { ...rest, embedding: typeof embedding === 'string' ? decodeVector(embedding) : embedding }
        }),
      })),
  },
  'rerank-bare': {
    about: 'a bare array with `score` and documents as strings (SGLang)',
    reads: [],
    apply: (reply) =>
      rewrite(reply, 'results', (body) =>
        results(body).map((item) => ({ score: item['relevance_score'], document: textOf(item), index: item['index'] })),
      ),
  },
  'rerank-texts': {
    about: 'TEI: wants `texts`, 422 for `documents`; a bare array with `score`, `text` if `return_text`',
    reads: [],
    apply: (reply, _, { request }) => {
      if (!Array.isArray(request['texts']))
        return jsonReply(422, { error: 'Failed to deserialize the JSON body: missing field `texts`', error_type: 'Validation' })
      return rewrite(reply, 'results', (body) =>
        results(body).map((item) => ({
          index: item['index'],
          score: item['relevance_score'],
          ...(request['return_text'] === true ? { text: textOf(item) } : {}),
        })),
      )
    },
  },
  'rerank-string-documents': {
    about: 'documents as strings (Infinity)',
    reads: [],
    apply: (reply) => rewriteResults(reply, (items) => items.map((item) => ({ ...item, document: textOf(item) }))),
  },
  'rerank-unsorted': {
    about: 'results in the order of the request (old llama.cpp)',
    reads: [],
    apply: (reply) => rewriteResults(reply, (items) => items.toSorted((left, right) => Number(left['index']) - Number(right['index']))),
  },
  'rerank-no-documents': {
    about: 'results without the documents, whatever was asked (Cohere)',
    reads: [],
    apply: (reply) => rewriteResults(reply, (items) => items.map(({ index, relevance_score }) => ({ index, relevance_score }))),
  },
  'transcription-as-json': {
    about: 'text, srt or vtt labelled application/json (Xinference)',
    reads: [],
    apply: (reply) =>
      reply.headers['content-type']?.startsWith('text/plain') === true
        ? { ...reply, headers: { ...reply.headers, 'content-type': 'application/json' } }
        : reply,
  },
  reasoning: {
    about: 'thinks first; the field is named by `shape` (reasoning_content)',
    reads: ['shape'],
    apply: (reply, { shape = 'reasoning_content' }) => reasoned(reply, shape),
  },
} as const satisfies Readonly<Record<string, FaultKind>>

/** Changes a JSON body that has `field`. */
function rewrite(reply: Reply, field: string, change: (body: JsonObject) => unknown): Reply {
  if (reply.headers['content-type'] !== 'application/json' || reply.body.kind !== 'bytes') return reply
  const body = objectOf(JSON.parse(bodyBytes(reply).toString('utf8')))
  return body[field] === undefined ? reply : withBytes(reply, Buffer.from(JSON.stringify(change(body))))
}

function rewriteResults(reply: Reply, change: (items: readonly JsonObject[]) => readonly JsonObject[]): Reply {
  return rewrite(reply, 'results', (body) => ({ ...body, results: change(results(body)) }))
}

function results(body: JsonObject): readonly JsonObject[] {
  return arrayOf(body['results']).map((item) => objectOf(item))
}

function textOf(item: JsonObject): string | undefined {
  return stringOf(objectOf(item['document'])['text'])
}

function reasoned(reply: Reply, field: string): Reply {
  if (reply.body.kind !== 'events') {
    return rewrite(reply, 'choices', (body) => ({
      ...body,
      choices: arrayOf(body['choices']).map((choice) => {
        const { message, ...rest } = objectOf(choice)
        return message === undefined ? choice : { ...rest, message: { ...objectOf(message), [field]: 'I think.' } }
      }),
    }))
  }
  const [first, ...rest] = reply.body.events
  if (first === undefined) return reply
  const frame = objectOf(JSON.parse(first.data))
  if (frame['object'] !== 'chat.completion.chunk') return reply
  const thoughts = ['I', ' think.'].map((thought) =>
    event(JSON.stringify({ ...frame, choices: [{ index: 0, delta: { [field]: thought }, logprobs: null, finish_reason: null }] })),
  )
  return { ...reply, body: { kind: 'events', events: [first, ...thoughts, ...rest] } }
}
