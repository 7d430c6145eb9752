import type { Wire } from '@jairouter/contract/adapter'
import { anthropicCodec } from './anthropic/anthropic.ts'
import type { Codec } from './codec.ts'
import { cohereCodec } from './cohere/cohere.ts'
import { geminiCodec } from './gemini/gemini.ts'
import { ollamaCodec } from './ollama/ollama.ts'
import { teiCodec } from './tei/tei.ts'

const CODECS: Readonly<Record<Wire, Codec | undefined>> = {
  openai: undefined,
  ollama: ollamaCodec,
  anthropic: anthropicCodec,
  gemini: geminiCodec,
  cohere: cohereCodec,
  tei: teiCodec,
}

/** Undefined for the canonical format: nothing is translated. */
export function codecOf(wire: Wire): Codec | undefined {
  return CODECS[wire]
}
