import type { Service } from '@jairouter/contract/names'

/** The Java program's names of services, in lower case and without dashes. */
const SERVICES = new Map<string, Service>([
  ['chat', 'chat'],
  ['embedding', 'embedding'],
  ['rerank', 'rerank'],
  ['tts', 'tts'],
  ['stt', 'stt'],
  ['imggen', 'image'],
  ['imgedit', 'imageEdit'],
])

/** undefined: the Java program has no such service. */
export const serviceOf = (name: string): Service | undefined => SERVICES.get(name)
