import type { JsonObject } from '../../src/lib/json.ts'
import type { Turn, Understood } from '../doubles/double.ts'

/** One request, in no dialect: what a double understands of it is to be the same. What is left out is not asked for. */
export type Asking = Partial<Omit<Understood, 'model' | 'stream'>> & Pick<Understood, 'turns'>

export const user = (text: string, images: readonly string[] = []): Turn => ({ role: 'user', text, images, toolCalls: [] })
export const assistant = (text: string, toolCalls: Turn['toolCalls'] = []): Turn => ({ role: 'assistant', text, images: [], toolCalls })
export const result = (answersCall: string, text: string): Turn => ({ role: 'tool', text, images: [], toolCalls: [], answersCall })

/** What a double is to understand of a request that nothing was lost of. */
export function understoodOf(asking: Asking, { model, stream }: Pick<Understood, 'model' | 'stream'>): Understood {
  return {
    model,
    stream,
    system: undefined,
    tools: [],
    toolChoice: undefined,
    maximumTokens: undefined,
    temperature: undefined,
    topP: undefined,
    stop: [],
    schema: undefined,
    thinking: undefined,
    ...asking,
  }
}

/** Closed, as the strictest of the wires want it. */
export const SCHEMA: JsonObject = {
  type: 'object',
  properties: { cold: { type: 'boolean' }, city: { type: 'string' } },
  required: ['cold', 'city'],
  additionalProperties: false,
}

const PARAMETERS: JsonObject = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

export const WEATHER = { name: 'get_weather', description: 'The weather of a city', parameters: PARAMETERS }
export const TIME = { name: 'get_time', description: undefined, parameters: PARAMETERS }

/** An image of one pixel. */
export const PICTURE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
