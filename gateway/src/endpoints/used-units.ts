import type { Call } from './call.ts'

/** What is paid for by other units than tokens. */
export interface UsedUnits {
  readonly images?: number
  /** Of a text that was spoken. */
  readonly characters?: number
}

/** What an answer to the call is paid by; undefined: by tokens alone. As the request asks for it, since few answers tell. */
export function unitsOf(call: Call): UsedUnits | undefined {
  switch (call.endpoint.id) {
    case 'speech': {
      const text = call.kind === 'json' ? call.fields['input'] : undefined
      // Code points, as the prices count.
      return typeof text === 'string' ? { characters: [...text].length } : undefined
    }
    case 'imageGeneration':
      return { images: countOf(call.kind === 'json' ? call.fields['n'] : undefined) }
    case 'imageEdit':
    case 'imageVariation':
      return { images: countOf(call.kind === 'json' ? call.fields['n'] : call.upload.fields.get('n')) }
    default:
      return undefined
  }
}

function countOf(value: unknown): number {
  const count = Number(value ?? 1)
  return Number.isSafeInteger(count) && count > 0 ? Math.min(count, 1_000) : 1
}
