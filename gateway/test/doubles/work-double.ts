import type { JsonObject } from '../../src/lib/json.ts'
import { Refused, demand } from './refused.ts'
import { serve, type Answer, type Asked, type Served } from './serve.ts'
import type { ChatAsked } from './wire.ts'

/** A server of one request and one answer: embeddings and rerank. */
export interface WorkWire {
  isWork(path: string): boolean
  /** Throws Refused. */
  admit(asked: Asked): void
  side(asked: Asked, maximumBatch: number): Answer | undefined
  notFound(asked: Asked): Answer
  refusal(asked: Asked, refused: Refused): Answer
  /** Throws Refused, also for a batch beyond `maximumBatch`. */
  work(asked: ChatAsked, maximumBatch: number): Answer
}

export interface WorkOptions {
  readonly split?: number
  readonly maximumBatch?: number
}

export async function startWork(wire: WorkWire, options: WorkOptions): Promise<Served> {
  const maximumBatch = options.maximumBatch ?? Infinity
  const isWork = ({ method, path }: Asked): boolean => method === 'POST' && wire.isWork(path)
  const answerOf = (asked: Asked): Answer => {
    wire.admit(asked)
    const side = wire.side(asked, maximumBatch)
    if (side !== undefined) return side
    if (!isWork(asked)) return wire.notFound(asked)
    const { body } = asked
    demand(body !== undefined, 'The body of the request is not a JSON object', { bare: true })
    return wire.work({ ...asked, body }, maximumBatch)
  }
  return serve({
    split: options.split,
    keeps: isWork,
    answer: (asked) => {
      try {
        return answerOf(asked)
      } catch (error) {
        if (error instanceof Refused) return wire.refusal(asked, error)
        throw error
      }
    },
  })
}

/** The words of a text, small letters; one word is one token of the doubles. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

export const tokensOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + wordsOf(text).length, 0)

/** A string is a list of one; undefined for anything else than strings. */
export function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value)) return undefined
  const texts = value.filter((item) => typeof item === 'string')
  return texts.length === value.length ? texts : undefined
}

export const fieldOf = (body: JsonObject, name: string): number | undefined => {
  const value = body[name]
  return typeof value === 'number' ? value : undefined
}
