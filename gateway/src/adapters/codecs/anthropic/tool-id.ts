import { CodecRefusal } from '../codec.ts'

/**
 * A tool call's id as Anthropic takes it: letters, digits, `_` and `-`. A history that began at another backend may hold
 * others (`functions.get_weather:0`); call and result are written the same way, so they still belong together.
 */
export function wireToolId(id: unknown, param: string): string {
  if (typeof id !== 'string' || id === '') throw new CodecRefusal(param, 'A tool call and its result need an id')
  return id.replaceAll(/[^\w-]/g, '_')
}
