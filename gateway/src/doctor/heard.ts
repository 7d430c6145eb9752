import { arrayOf, isObject, objectOf, stringOf } from '../simulator/json.ts'

export type Mode = 'streamed' | 'plain'
export const MODES: readonly Mode[] = ['streamed', 'plain']

/**
 * How an answer ended, as far as a client can tell: `whole`, with its proper end · `error`, in so many words · `silent`, over
 * without either · `garbled`, with something that is no JSON · `broken`, the connection ended · `hung`, not at all.
 */
export type Ending = 'whole' | 'error' | 'silent' | 'garbled' | 'broken' | 'hung'

/** What a client got. */
export interface Heard {
  readonly ending: Ending
  /** 0 where no answer began. */
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Of the answer, as far as it came. */
  readonly text: string
  /** Of the error; '' without one. */
  readonly code: string
  readonly message: string
  readonly completionTokens: number | undefined
}

/** What came in, as bytes and as the connection's end. */
export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly end: 'ended' | 'broken' | 'hung'
}

export function readAnswer(received: Received, mode: Mode): Heard {
  const { status, headers, end } = received
  const isStream = headers['content-type']?.startsWith('text/event-stream') === true
  const read = isStream ? readStream(received.body) : readWhole(received.body, status)
  // A plain request that is answered by a stream, or the other way round, was not answered.
  const suits = status >= 400 || isStream === (mode === 'streamed')
  return { status, headers, ...read, ending: end !== 'ended' ? end : suits ? read.ending : 'garbled' }
}

type Read = Omit<Heard, 'status' | 'headers'>

const NOTHING: Read = { ending: 'garbled', text: '', code: '', message: '', completionTokens: undefined }

function readWhole(body: string, status: number): Read {
  const json = parse(body)
  if (!isObject(json)) return NOTHING
  if (status >= 400) return isObject(json['error']) ? { ...NOTHING, ...errorOf(json['error']) } : NOTHING
  const choice = objectOf(arrayOf(json['choices'])[0])
  return {
    ...NOTHING,
    ending: typeof choice['finish_reason'] === 'string' ? 'whole' : 'silent',
    text: stringOf(objectOf(choice['message'])['content']) ?? '',
    completionTokens: completionTokensOf(json),
  }
}

function readStream(body: string): Read {
  const data = body.split('\n\n').flatMap((block) => (block.startsWith('data:') ? [block.slice('data:'.length).trim()] : []))
  const isDone = data.at(-1) === '[DONE]'
  const events = (isDone ? data.slice(0, -1) : data).map(parse)
  const text = events
    .map((event) => stringOf(objectOf(objectOf(arrayOf(objectOf(event)['choices'])[0])['delta'])['content']) ?? '')
    .join('')
  const completionTokens = events.map(completionTokensOf).findLast((count) => count !== undefined)
  const read = { ...NOTHING, text, completionTokens }
  if (!events.every(isObject)) return read
  const error = events.find((event) => isObject(event['error']))?.['error']
  // After an error the mark of a good end would have clients take the answer for whole.
  if (error !== undefined) return isDone ? { ...read, ending: 'silent' } : { ...read, ...errorOf(error) }
  const finished = events.some((event) => typeof objectOf(arrayOf(event['choices'])[0])['finish_reason'] === 'string')
  return { ...read, ending: isDone && finished ? 'whole' : 'silent' }
}

function errorOf(error: unknown): Pick<Heard, 'ending' | 'code' | 'message'> {
  const { code, message } = objectOf(error)
  return { ending: 'error', code: stringOf(code) ?? '', message: stringOf(message) ?? '' }
}

function completionTokensOf(json: unknown): number | undefined {
  const count = objectOf(objectOf(json)['usage'])['completion_tokens']
  return typeof count === 'number' ? count : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
