import { isObject, type JsonObject } from '../lib/json.ts'
import { withCountedTokens } from './counted-tokens.ts'
import { toAskedVectors } from './embedding-vectors.ts'
import type { Endpoint } from './endpoint.ts'
import { normaliseRerank, textOf } from './rerank-answer.ts'
import type { AdapterDefinition } from '../adapters/definition.ts'
import type { Edit } from '../lib/json-members.ts'

const EVENT_BYTES = 1024 ** 2
/** Partial images travel as base64 in one event. */
const IMAGE_EVENT_BYTES = 16 * 1024 ** 2

const common = { body: 'json', answer: 'json', stream: 'none', usageOption: false, maximumEventBytes: EVENT_BYTES } as const

/** The public API's relayed operations; each row is all in which it differs from the others. */
export const ENDPOINT_DEFINITIONS: readonly Endpoint[] = [
  {
    ...common,
    id: 'chat',
    paths: ['/v1/chat/completions'],
    required: [{ name: 'messages', kind: 'array' }],
    stream: 'completion',
    usageOption: true,
  },
  {
    ...common,
    id: 'completion',
    paths: ['/v1/completions'],
    required: [{ name: 'prompt', kind: 'present' }],
    stream: 'completion',
    usageOption: true,
  },
  {
    ...common,
    id: 'embedding',
    paths: ['/v1/embeddings'],
    required: [],
    edits: embeddingEdits,
    normalise: (answer, context) => {
      if (!isObject(answer)) throw new TypeError('An answer to an embedding request is no object')
      const counted = withCountedTokens(answer, context)
      return toAskedVectors(counted ?? answer, context.fields['encoding_format'] === 'base64' ? 'base64' : 'float') ?? counted
    },
  },
  {
    ...common,
    id: 'rerank',
    paths: ['/v1/rerank', '/rerank', '/v2/rerank'],
    required: [
      { name: 'query', kind: 'string' },
      { name: 'documents', kind: 'array' },
    ],
    edits: rerankEdits,
    normalise: normaliseRerank,
  },
  {
    ...common,
    id: 'speech',
    paths: ['/v1/audio/speech'],
    required: [{ name: 'input', kind: 'string' }],
    answer: 'bytes',
    stream: 'events',
  },
  { ...common, id: 'transcription', paths: ['/v1/audio/transcriptions'], body: 'multipart', required: [], stream: 'events' },
  { ...common, id: 'translation', paths: ['/v1/audio/translations'], body: 'multipart', required: [], stream: 'none' },
  {
    ...common,
    id: 'imageGeneration',
    paths: ['/v1/images/generations'],
    required: [{ name: 'prompt', kind: 'string' }],
    stream: 'events',
    maximumEventBytes: IMAGE_EVENT_BYTES,
  },
  {
    ...common,
    id: 'imageEdit',
    paths: ['/v1/images/edits'],
    body: 'json-or-multipart',
    required: [],
    stream: 'events',
    maximumEventBytes: IMAGE_EVENT_BYTES,
  },
  { ...common, id: 'imageVariation', paths: ['/v1/images/variations'], body: 'multipart', required: [] },
  { ...common, id: 'moderation', paths: ['/v1/moderations'], required: [{ name: 'input', kind: 'present' }] },
]

function embeddingEdits(fields: JsonObject, adapter: AdapterDefinition): Edit[] {
  const emulated = fields['encoding_format'] === 'base64' && adapter.embeddingBase64 === 'emulate'
  return emulated ? [{ kind: 'set', key: 'encoding_format', json: '"float"' }] : []
}

function rerankEdits(fields: JsonObject, adapter: AdapterDefinition): Edit[] {
  const { documents, returnDocuments, topN } = adapter.rerank
  const edits: Edit[] = []
  const list = fields['documents']
  if (documents !== 'documents' && Array.isArray(list)) {
    edits.push(
      { kind: 'drop', key: 'documents' },
      { kind: 'set', key: documents, json: JSON.stringify(list.map((entry: unknown) => textOf(entry) ?? entry)) },
    )
  }
  if (returnDocuments !== 'return_documents' && 'return_documents' in fields)
    edits.push({ kind: 'rename', key: 'return_documents', to: returnDocuments })
  if (!topN && 'top_n' in fields) edits.push({ kind: 'drop', key: 'top_n' })
  return edits
}
