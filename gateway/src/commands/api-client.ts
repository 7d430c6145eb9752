import { isObject, listOf, stringOf, type JsonObject } from '../lib/json.ts'

export interface ApiAddress {
  readonly url: string
  readonly token: string | undefined
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: unknown
  /** As it is, of this media type. */
  readonly text?: string
  readonly type?: string
}

/** The management API of a gateway that runs. Each call rejects with an Error whose message may be shown. */
export interface ApiClient {
  text(path: string, request?: ApiRequest): Promise<string>
  /** {} where the answer is no object. */
  fields(path: string, request?: ApiRequest): Promise<JsonObject>
  /** All items of a list, page by page. */
  items(path: string): Promise<readonly JsonObject[]>
}

/** Where a command is to do its work: on a gateway, or, where it names none, on the store of a config. Or what is wrong. */
export function addressOf(
  { url: given, token: secret, config }: Readonly<Record<'url' | 'token' | 'config', string | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
): ApiAddress | undefined | { readonly problem: string } {
  if (given !== undefined && config !== undefined) return { problem: '--url and --config do not go together' }
  const url = given ?? (config === undefined ? (env['JAIROUTER_URL'] ?? '') : '')
  if (url === '') return undefined
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return { problem: 'the URL must begin with http:// or https://' }
  return { url, token: secret ?? env['JAIROUTER_TOKEN'] }
}

/** For the help of a command. */
export const ADDRESS_OPTIONS = `  --url URL         the gateway that is asked, such as http://127.0.0.1:8080; otherwise $JAIROUTER_URL
  --token TOKEN     what lets you in; otherwise $JAIROUTER_TOKEN, which others cannot see
  --config FILE     work on the store that this config names instead, without a gateway; without any of them, as for serve`

export function createApiClient({ url, token }: ApiAddress): ApiClient {
  const base = `${url.replace(/\/+$/, '')}/admin/api`
  const text = async (path: string, { method = 'GET', body, text: plain, type = 'application/json' }: ApiRequest = {}) => {
    const content = plain ?? (body === undefined ? undefined : JSON.stringify(body))
    const answer = await reach(`${base}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(content === undefined ? {} : { 'content-type': type }),
      },
      redirect: 'error',
      ...(content === undefined ? {} : { body: content }),
    })
    const answered = await answer.text()
    if (!answer.ok) throw new Error(describeProblem(answer.status, answered))
    return answered
  }
  const fields = async (path: string, request?: ApiRequest) => toObject(await text(path, request))
  return {
    text,
    fields,
    async items(path) {
      const found: JsonObject[] = []
      for (let cursor: string | undefined; ;) {
        const page = await fields(`${path}?limit=500${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
        found.push(...listOf(page['items']).filter(isObject))
        if (typeof page['next'] !== 'string') return found
        cursor = page['next']
      }
    },
  }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    const { origin } = new URL(url)
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : 'no answer'
    throw new Error(`The gateway at ${origin} cannot be reached: ${cause}`, { cause: error })
  }
}

/** RFC 9457, in lines. */
function describeProblem(status: number, text: string): string {
  const problem = toObject(text)
  const title = stringOf(problem['title'])
  const head =
    title === '' ? `The gateway answered ${status}` : `${title}${problem['detail'] === undefined ? '' : `: ${stringOf(problem['detail'])}`}`
  const details = listOf(problem['errors'])
    .filter(isObject)
    .map(({ pointer, message, line }) => `  ${stringOf(pointer)}${typeof line === 'number' ? ` (line ${line})` : ''}: ${stringOf(message)}`)
  return [head, ...details].join('\n')
}

function toObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
