import type { Service } from '@jairouter/contract/names'

/**
 * What a model can do, as servers write it in `capabilities`: Infinity (embed ...), LocalAI (transcript, tts ...),
 * Ollama (completion ...), Mistral (an object of booleans). Words that only qualify (vision, tools) are not listed.
 */
const CAPABILITY: ReadonlyMap<string, readonly Service[]> = new Map<string, readonly Service[]>([
  ['chat', ['chat']],
  ['completion', ['chat']],
  ['completion_chat', ['chat']],
  ['embed', ['embedding']],
  ['embedding', ['embedding']],
  ['embeddings', ['embedding']],
  ['image_embed', ['embedding']],
  ['audio_embed', ['embedding']],
  ['rerank', ['rerank']],
  ['tts', ['tts']],
  ['transcript', ['stt']],
  ['audio_transcription', ['stt']],
  ['image', ['image']],
  ['moderation', ['moderation']],
  ['classify', []],
  ['detection', []],
  ['sound_generation', []],
  ['vad', []],
  ['video', []],
])

/** Together's and LM Studio's `type`. */
const TYPE: ReadonlyMap<string, readonly Service[]> = new Map<string, readonly Service[]>([
  ['chat', ['chat']],
  ['language', ['chat']],
  ['code', ['chat']],
  ['llm', ['chat']],
  ['vlm', ['chat']],
  ['embedding', ['embedding']],
  ['embeddings', ['embedding']],
  ['rerank', ['rerank']],
  ['moderation', ['moderation']],
  ['image', ['image']],
  ['audio', ['tts']],
  ['transcribe', ['stt']],
  ['video', []],
])

/** Xinference's `model_type`, for entries without a `model_ability` that says more. */
const MODEL_TYPE: ReadonlyMap<string, readonly Service[]> = new Map<string, readonly Service[]>([
  ['LLM', ['chat']],
  ['embedding', ['embedding']],
  ['rerank', ['rerank']],
  ['image', ['image', 'imageEdit']],
  ['audio', ['tts', 'stt']],
  ['video', []],
  ['flexible', []],
])

/** Xinference's `model_ability` of images and audio. */
const ABILITY: ReadonlyMap<string, readonly Service[]> = new Map<string, readonly Service[]>([
  ['text2image', ['image']],
  ['image2image', ['imageEdit']],
  ['inpainting', ['imageEdit']],
  ['ocr', []],
  ['audio2text', ['stt']],
  ['text2audio', ['tts']],
  ['text2audio_zero_shot', ['tts']],
  ['text2audio_voice_cloning', ['tts']],
])

/** OpenRouter's `architecture.output_modalities`. */
const OUTPUT: ReadonlyMap<string, readonly Service[]> = new Map<string, readonly Service[]>([
  ['text', ['chat']],
  ['embeddings', ['embedding']],
  ['rerank', ['rerank']],
  ['speech', ['tts']],
  ['transcription', ['stt']],
])

/** Gemini's `supportedGenerationMethods`. */
const METHOD: ReadonlyMap<string, readonly Service[]> = new Map<string, readonly Service[]>([
  ['generateContent', ['chat']],
  ['embedContent', ['embedding']],
  ['batchEmbedContents', ['embedding']],
  ['predict', []],
  ['predictLongRunning', []],
  ['bidiGenerateContent', []],
])

/** Cohere's `endpoints`. */
const COHERE_ENDPOINT: ReadonlyMap<string, readonly Service[]> = new Map<string, readonly Service[]>([
  ['chat', ['chat']],
  ['embed', ['embedding']],
  ['rerank', ['rerank']],
  ['classify', []],
  ['summarize', []],
  ['generate', []],
])

/** The one key of TEI's `model_type`. */
const TEI_TYPE: ReadonlyMap<string, readonly Service[]> = new Map<string, readonly Service[]>([
  ['embedding', ['embedding']],
  ['reranker', ['rerank']],
  ['classifier', []],
])

/**
 * What an entry of a model list says about its use: empty when it is for nothing that the gateway relays, undefined when
 * the entry does not tell. Only fields that one server alone could have written in that way are read.
 */
export function modelServices(entry: Readonly<Record<string, unknown>>): readonly Service[] | undefined {
  const { model_type: modelType, model_ability: abilities, capabilities, type, architecture } = entry
  if (typeof modelType === 'string' && MODEL_TYPE.has(modelType)) {
    return collect(ABILITY, wordsOf(abilities)) ?? MODEL_TYPE.get(modelType)
  }
  return (
    collect(TEI_TYPE, keysOf(modelType)) ??
    collect(CAPABILITY, wordsOf(capabilities)) ??
    collect(TYPE, typeof type === 'string' ? [type] : []) ??
    collect(OUTPUT, outputsOf(architecture)) ??
    collect(METHOD, wordsOf(entry['supportedGenerationMethods'])) ??
    collect(COHERE_ENDPOINT, wordsOf(entry['endpoints']))
  )
}

/** The services of all words that the table knows, without repetition; undefined when it knows none. */
function collect(table: ReadonlyMap<string, readonly Service[]>, words: readonly string[]): readonly Service[] | undefined {
  const known = words.filter((word) => table.has(word))
  if (known.length === 0) return undefined
  return [...new Set(known.flatMap((word) => table.get(word) ?? []))]
}

/** `['a', 'b']` and `{a: true, b: true, c: false}` alike. */
function wordsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((word) => typeof word === 'string')
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([word, has]) => (has === true ? [word] : []))
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
}

/** llama.cpp writes `output_modalities: ["text"]` for embedding models too, but no `modality` beside it. */
function outputsOf(architecture: unknown): readonly string[] {
  if (typeof architecture !== 'object' || architecture === null) return []
  if (!('modality' in architecture) || !('output_modalities' in architecture)) return []
  return wordsOf(architecture.output_modalities)
}
