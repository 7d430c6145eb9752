import { ENDPOINTS, type EndpointId } from '@jairouter/contract/names'
import { codecOf } from '../adapters/codecs/codec-of.ts'
import { CodecRefusal } from '../adapters/codecs/codec.ts'
import type { AdapterDefinition } from '../adapters/definition.ts'
import { upstreamPath, withQuery } from '../adapters/encode.ts'
import type { JsonObject } from '../lib/json.ts'

export interface EndpointPath {
  readonly endpoint: EndpointId
  /** Undefined where the adapter has no path for such a model's name. */
  readonly path: string | undefined
  /** The path holds the model's name: a 404 may be the model's. */
  readonly ofModel: boolean
}

/** The smallest calls that a codec takes; only the path that it makes of them is used. */
const SAMPLES: Readonly<Partial<Record<EndpointId, JsonObject>>> = {
  chat: { messages: [{ role: 'user', content: 'x' }] },
  completion: { prompt: 'x' },
  embedding: { input: 'x' },
  rerank: { query: 'x', documents: ['x'] },
}

/** Where an adapter has its endpoints, in the usual order. A WebSocket is none of them: only a session would tell of it. */
export function endpointPaths(adapter: AdapterDefinition, model: string): readonly EndpointPath[] {
  return ENDPOINTS.filter((endpoint) => endpoint !== 'realtime' && adapter.paths[endpoint] !== undefined).map((endpoint) => {
    const path = pathFor(adapter, endpoint, model)
    return { endpoint, path, ofModel: path !== pathFor(adapter, endpoint, `${model}-other`) }
  })
}

function pathFor(adapter: AdapterDefinition, endpoint: EndpointId, model: string): string | undefined {
  const codec = codecOf(adapter.wire)
  if (codec === undefined || adapter.paths[endpoint] !== true) return upstreamPath(adapter, endpoint, model)
  try {
    const { path } = codec.encode({ endpoint, model, stream: false, fields: SAMPLES[endpoint] ?? {} })
    return withQuery(adapter, path)
  } catch (error) {
    if (error instanceof CodecRefusal) return undefined
    throw error
  }
}
