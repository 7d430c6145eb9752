import type { Dialect } from '../dialect.ts'
import { embedFromCanonical, embeddingsFromCanonical, embeddingsToCanonical, embedToCanonical } from './embed.ts'
import { errorBody } from './errors.ts'

/** A dialect of an operation that has no streams; the canonical form is OpenAI's embeddings. */
export type EmbeddingDialect = Omit<Dialect, 'createStreamEncoder'>

/** Clients of Ollama's `POST /api/embed`. */
export const ollamaEmbedDialect: EmbeddingDialect = {
  id: 'ollama-embed',
  toCanonical: embedToCanonical,
  fromCanonical: embedFromCanonical,
  errorBody,
}

/** Clients of Ollama's older `POST /api/embeddings`. */
export const ollamaEmbeddingsDialect: EmbeddingDialect = {
  id: 'ollama-embeddings',
  toCanonical: embeddingsToCanonical,
  fromCanonical: embeddingsFromCanonical,
  errorBody,
}
