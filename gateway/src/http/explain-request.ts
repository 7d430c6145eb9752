import { Readable } from 'node:stream'
import { randomUUID } from 'node:crypto'
import type { ExplainRequest, Explanation } from '@jairouter/contract/management/explain'
import { accepted } from '../auth/authenticate.ts'
import type { Door } from '../auth/door.ts'
import type { KeyRecord, Snapshot } from '../config/snapshot.ts'
import { keyIdOf } from '../config/key-id.ts'
import type { Call } from '../endpoints/call.ts'
import { ENDPOINT_DEFINITIONS } from '../endpoints/definitions.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { modelOf, parseFields, parseJsonCall } from '../endpoints/parse-json-call.ts'
import { REALTIME, realtimeCall } from '../endpoints/realtime.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { bandOf } from '../relay/band.ts'
import { explain, nothingKnown, refusalOf, type ExplainPorts } from '../relay/explain.ts'
import type { RelayPorts } from '../relay/ports.ts'
import { callOf } from './front/call-of.ts'
import type { Front } from './front/front.ts'

export interface ExplainerOptions {
  readonly ports: ExplainPorts & Pick<RelayPorts, 'door' | 'snapshot'>
  readonly fronts: readonly Front[]
}

/** What would become of a request now, or with another config than the one in force. The request is read as a real one is; nothing of it is kept. */
export type Explain = (request: ExplainRequest, snapshot?: Snapshot) => Promise<Explanation>

export function createExplainer({ ports, fronts }: ExplainerOptions): Explain {
  const endpoints: readonly Endpoint[] = [...ENDPOINT_DEFINITIONS, REALTIME]
  return async (request, snapshot = ports.snapshot()) => {
    const { address } = request
    const headers = lowerCased(request.headers)
    const front = request.path === undefined ? undefined : fronts.find(({ path }) => path === request.path)
    const endpoint = endpoints.find(({ id, paths }) =>
      request.path === undefined ? id === request.endpoint : paths.includes(request.path),
    )
    const wallClock = ports.wallClock()
    const refused = (stage: 'read' | 'access' | 'key', error: unknown, key?: KeyRecord): Explanation => {
      if (!(error instanceof GatewayError)) throw error
      return { ...nothingKnown({ key, snapshot, address }, wallClock), outcome: 'refused', refusal: refusalOf(stage, error) }
    }
    let key: KeyRecord | undefined
    try {
      key = letIn(request, snapshot, ports.door)
    } catch (error) {
      return refused(error instanceof GatewayError && error.code === 'invalid_api_key' ? 'key' : 'access', error)
    }
    try {
      const band = bandOf(key, headers)
      const body = parseFields(Buffer.from(JSON.stringify(request.body)))
      const call = await readAs({ front, endpoint }, { body, key, address, snapshot, now: ports.wallClock })
      if (call === undefined) return nothingKnown({ key, snapshot, address, band }, wallClock)
      return await explain({ call, sent: body.fields, key, snapshot, address, headers, band }, ports)
    } catch (error) {
      return refused('read', error, key)
    }
  }
}

/** By its id or name, since nobody has its secret; one that is nobody's is a key that is not valid. */
function letIn({ key, address }: ExplainRequest, snapshot: Snapshot, door: Door): KeyRecord | undefined {
  door.refuseBlocked(address, snapshot.blocks)
  // Nobody's key is looked at there.
  if (snapshot.auth.mode === 'open') return undefined
  if (key === undefined) return accepted(undefined, 0)
  const records = [...snapshot.auth.keys.values()]
  const known = records.find((record) => keyIdOf(record) === key) ?? records.find(({ name }) => name === key)
  return door.wouldLetIn(known, address, snapshot)
}

interface Read {
  readonly body: ReturnType<typeof parseFields>
  readonly key: KeyRecord | undefined
  readonly address: string
  readonly snapshot: Snapshot
  readonly now: () => number
}

/** Undefined where no model has to be asked. Throws a GatewayError as the reading of real requests does. */
async function readAs(
  { front, endpoint }: { readonly front: Front | undefined; readonly endpoint: Endpoint | undefined },
  { body, ...context }: Read,
): Promise<Call | undefined> {
  const { fields, bytes } = body
  if (front !== undefined) {
    modelOf(fields['model'])
    const opened = await front.open({ fields, id: randomUUID(), ...context })
    return opened.kind === 'answer' ? undefined : callOf(opened, body)
  }
  if (endpoint === undefined) throw new GatewayError('not_found', 'There is nothing at this path')
  if (endpoint === REALTIME) return realtimeCall(modelOf(fields['model']))
  return endpoint.body === 'multipart' ? uploadOf(endpoint, fields) : parseJsonCall(endpoint, bytes)
}

/** An upload of which only the short fields are known. */
function uploadOf(endpoint: Endpoint, fields: JsonObject): Call {
  const texts = Object.entries(fields).flatMap(([name, value]) => (isObject(value) ? [] : [[name, String(value)] as const]))
  const upload = {
    fields: new Map(texts),
    contentType: 'multipart/form-data',
    replayable: true,
    open: () => ({ body: Readable.from([]), length: undefined }),
  }
  return { kind: 'upload', endpoint, model: modelOf(fields['model']), upload }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
