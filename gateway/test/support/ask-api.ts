import { request, type Agent, type IncomingHttpHeaders } from 'node:http'
import { isObject, type JsonObject } from '../../src/lib/json.ts'

export interface ApiOptions {
  /** An access token; '' or left out: nobody. */
  readonly as?: string
  readonly body?: unknown
  /** As it is, instead of `body` as JSON. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: Agent
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** {} where the answer is no JSON object. */
  readonly json: JsonObject
  /** Of a problem; '' in a good answer. */
  readonly code: string
  /** Without quotes; '' where there is none. */
  readonly etag: string
}

/** One request to the management API at `url`: `PATCH /backends/a`, below `/admin/api`. The path goes out as it is. */
export async function askApi(url: string, target: string, options: ApiOptions = {}): Promise<ApiAnswer> {
  const { as = '', body, text = body === undefined ? undefined : JSON.stringify(body), headers = {}, agent = false } = options
  const [method = '', path = ''] = target.split(' ')
  const { hostname, port } = new URL(url)
  const { status, received, answered } = await new Promise<{ status: number; received: IncomingHttpHeaders; answered: string }>(
    (resolve, reject) => {
      const outgoing = request({
        hostname,
        port,
        path: path.startsWith('//') ? path.slice(1) : `/admin/api${path}`,
        method,
        agent,
        headers: {
          ...(as === '' ? {} : { authorization: `Bearer ${as}` }),
          ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      })
      outgoing.on('error', reject)
      outgoing.on('response', (response) => {
        let all = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          all += chunk
        })
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, received: response.headers, answered: all }))
      })
      outgoing.end(text)
    },
  )
  const json = jsonOf(answered, received['content-type'])
  return {
    status,
    headers: received,
    text: answered,
    json,
    code: status >= 400 && typeof json['code'] === 'string' ? json['code'] : '',
    etag: String(received['etag'] ?? '').replaceAll('"', ''),
  }
}

function jsonOf(text: string, type: string | undefined): JsonObject {
  if (type === undefined || !/[/+]json/.test(type) || text === '') return {}
  const value: unknown = JSON.parse(text)
  return isObject(value) ? value : {}
}
