import { z } from 'zod'
import { json, modelName, usageSchema, type ModelOperation } from './model-operation.ts'

const embeddingRequest = z
  .looseObject({
    model: modelName,
    input: z.union([z.string(), z.array(z.string()), z.array(z.int()), z.array(z.array(z.int()))]),
    encoding_format: z.enum(['float', 'base64']).optional(),
    dimensions: z.int().optional(),
    user: z.string().optional(),
  })
  .meta({ id: 'EmbeddingRequest' })

const embeddingAnswer = z
  .looseObject({
    object: z.literal('list'),
    model: z.string(),
    data: z.array(z.looseObject({ object: z.string(), index: z.int(), embedding: z.union([z.array(z.number()), z.string()]) })),
    usage: usageSchema,
  })
  .meta({ id: 'EmbeddingAnswer' })

const rerankRequest = z
  .looseObject({
    model: modelName,
    query: z.string(),
    documents: z.array(z.union([z.string(), z.looseObject({ text: z.string() })])),
    top_n: z.int().optional(),
    return_documents: z.boolean().optional(),
  })
  .meta({ id: 'RerankRequest' })

const rerankAnswer = z
  .looseObject({
    object: z.literal('list'),
    model: z.string(),
    results: z.array(
      z.looseObject({ index: z.int(), relevance_score: z.number(), document: z.looseObject({ text: z.string() }).optional() }),
    ),
    usage: z.looseObject({ total_tokens: z.int() }),
  })
  .meta({ id: 'RerankAnswer' })

const rerank = (path: string, whose: string): ModelOperation => ({
  method: 'POST',
  path,
  tag: 'Embeddings and rerank',
  summary: `Order texts by how well they fit a question (${whose})`,
  description: 'One answer for all three paths, sorted by score, whatever the backend speaks.',
  errors: 'openai',
  body: json(rerankRequest, { model: 'bge-reranker', query: 'capital of France', documents: ['Paris', 'Berlin'], top_n: 1 }),
  answers: {
    200: {
      description: 'The texts by their place in the request, the best first',
      content: json(rerankAnswer, {
        object: 'list',
        model: 'bge-reranker',
        results: [{ index: 0, relevance_score: 0.98 }],
        usage: { total_tokens: 11 },
      }),
    },
  },
})

export const VECTOR_OPERATIONS: readonly ModelOperation[] = [
  {
    method: 'POST',
    path: '/v1/embeddings',
    tag: 'Embeddings and rerank',
    summary: 'Turn texts into vectors',
    description: 'Longer lists than the backend takes are sent to it in parts.',
    errors: 'openai',
    body: json(embeddingRequest, { model: 'bge-m3', input: ['first text', 'second text'] }),
    answers: {
      200: {
        description: 'A vector for each text, in their order',
        content: json(embeddingAnswer, {
          object: 'list',
          model: 'bge-m3',
          data: [{ object: 'embedding', index: 0, embedding: [0.1, -0.2] }],
          usage: { prompt_tokens: 4, total_tokens: 4 },
        }),
      },
    },
  },
  rerank('/v1/rerank', 'as Jina'),
  rerank('/rerank', 'as Jina, without a version'),
  rerank('/v2/rerank', 'as Cohere'),
]
