import { credentialHeaders } from '../adapters/encode.ts'
import type { Backend } from '../config/snapshot.ts'
import type { OpenUpstream, UpstreamHead } from './port.ts'

export interface OneQuestion {
  readonly backend: Backend
  /** Default GET. */
  readonly method?: 'GET' | 'POST'
  /** Below the backend's URL, with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly limitMs: number
  readonly limitBytes: number
  /** What lies beyond `limitBytes` is left unread; otherwise it makes the answer a failure. */
  readonly cut?: boolean
  readonly onConnected?: () => void
}

export interface OneAnswer extends UpstreamHead {
  readonly body: Buffer
}

/** A model list is larger than any other answer to a question of the control plane. */
export const MODEL_LIST_BYTES = 8 * 1024 ** 2

/**
 * One small question of the control plane, with its whole answer. Rejects with an UpstreamFault, or with an error whose
 * message says which limit was passed and shows nothing else.
 */
export async function askOnce(open: OpenUpstream, question: OneQuestion): Promise<OneAnswer> {
  const { backend, path, headers, limitMs, limitBytes } = question
  const exchange = open({
    backend,
    method: question.method ?? 'GET',
    path: `${backend.basePath}${path}`,
    headers: { ...headers },
    body: question.body,
    ...(question.onConnected === undefined ? {} : { onConnected: question.onConnected }),
  })
  const timer = setTimeout(() => exchange.abort(new Error(`no answer within ${limitMs} ms`)), limitMs)
  try {
    const head = await exchange.head
    const chunks: Buffer[] = []
    let size = 0
    for (let chunk = await exchange.read(); chunk !== undefined; chunk = await exchange.read()) {
      size += chunk.length
      chunks.push(chunk)
      if (size <= limitBytes) continue
      if (question.cut !== true) throw new Error(`an answer larger than ${limitBytes} bytes`)
      break
    }
    return { ...head, body: Buffer.concat(chunks, Math.min(size, limitBytes)) }
  } finally {
    clearTimeout(timer)
    exchange.abort(new Error('the question is over'))
  }
}

/** What goes with every question: the adapter's headers, then the backend's own, then its key where that is wanted. */
export function questionHeaders({ adapter, headers, apiKey }: Backend, authenticated: boolean): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return {
    accept: 'application/json, */*',
    'accept-encoding': 'identity',
    ...adapter.headers,
    ...Object.fromEntries(own),
    ...(authenticated ? credentialHeaders(adapter, apiKey) : {}),
  }
}
