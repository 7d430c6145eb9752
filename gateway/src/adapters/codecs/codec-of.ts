import type { Wire } from '@jairouter/contract/adapter'
import type { Codec } from './codec.ts'

/** Each is loaded when a backend that speaks so is first needed: most gateways have none. */
const LOADERS: Readonly<Record<Wire, (() => Promise<Codec>) | undefined>> = {
  openai: undefined,
  ollama: async () => (await import('./ollama/ollama.ts')).ollamaCodec,
  anthropic: async () => (await import('./anthropic/anthropic.ts')).anthropicCodec,
  gemini: async () => (await import('./gemini/gemini.ts')).geminiCodec,
  cohere: async () => (await import('./cohere/cohere.ts')).cohereCodec,
  tei: async () => (await import('./tei/tei.ts')).teiCodec,
}

const loaded = new Map<Wire, Codec>()

/** `codecOf` may be asked for this one. */
export function isCodecLoaded(wire: Wire): boolean {
  return LOADERS[wire] === undefined || loaded.has(wire)
}

export async function loadCodec(wire: Wire): Promise<void> {
  const codec = await LOADERS[wire]?.()
  if (codec !== undefined) loaded.set(wire, codec)
}

/** For who meets any of them. */
export async function loadCodecs(): Promise<void> {
  for (const wire of Object.keys(LOADERS) as Wire[]) await loadCodec(wire)
}

/** Undefined for the canonical format: nothing is translated. The others have been loaded. */
export function codecOf(wire: Wire): Codec | undefined {
  if (LOADERS[wire] === undefined) return undefined
  const codec = loaded.get(wire)
  if (codec === undefined) throw new Error(`the codec of the wire format ${wire} is not loaded`)
  return codec
}
