import type { NativeDialect } from '@jairouter/contract/adapter'
import { SERVICE_OF_ENDPOINT, type EndpointId } from '@jairouter/contract/names'
import type { Snapshot } from '../../config/snapshot.ts'
import type { Dialect, DialectContext } from '../../dialects/dialect.ts'
import { asksToLoad, loadAnswer, type OllamaOperation } from '../../dialects/ollama/load-request.ts'
import { resolveModelName } from '../../dialects/ollama/model-names.ts'
import { ollamaChatDialect } from '../../dialects/ollama/ollama-chat.ts'
import { ollamaEmbedDialect, ollamaEmbeddingsDialect, type EmbeddingDialect } from '../../dialects/ollama/ollama-embed.ts'
import { ollamaGenerateDialect } from '../../dialects/ollama/ollama-generate.ts'
import { generateEndpoint } from '../../dialects/ollama/request-generate.ts'
import type { JsonObject } from '../../lib/json.ts'
import { modelOf } from '../../endpoints/parse-json-call.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { requireAllowed } from '../../relay/resolve.ts'
import { ollamaNative } from './native-streams.ts'
import type { Front, FrontCall, FrontRequest } from './front.ts'

interface Operation {
  readonly name: OllamaOperation
  readonly native: NativeDialect
  readonly endpointOf: (fields: JsonObject) => EndpointId
  readonly dialect: EmbeddingDialect & Partial<Pick<Dialect, 'createStreamEncoder'>>
}

const OPERATIONS: readonly Operation[] = [
  { name: 'chat', native: 'ollamaChat', endpointOf: () => 'chat', dialect: ollamaChatDialect },
  { name: 'generate', native: 'ollamaGenerate', endpointOf: generateEndpoint, dialect: ollamaGenerateDialect },
  { name: 'embed', native: 'ollamaEmbed', endpointOf: () => 'embedding', dialect: ollamaEmbedDialect },
  { name: 'embeddings', native: 'ollamaEmbeddings', endpointOf: () => 'embedding', dialect: ollamaEmbeddingsDialect },
]

/** Ollama's operations that a model answers, at `/api/chat`, `/api/generate`, `/api/embed`, `/api/embeddings`. */
export const OLLAMA_FRONTS: readonly Front[] = OPERATIONS.map(toFront)

function toFront(operation: Operation): Front {
  const { name, dialect } = operation
  return {
    dialect: 'ollama',
    path: `/api/${name}`,
    endpoint: name === 'chat' || name === 'generate' ? 'chat' : 'embedding',
    idHeaders: [],
    errorBody: (error, requestId) => dialect.errorBody(error, requestId),
    open(request) {
      const { fields, id, now } = request
      const asked = modelOf(fields['model'])
      const context: DialectContext = { fields, model: asked, id, createdMs: now(), now }
      if (!asksToLoad(name, fields)) return callOf(operation, request, context)
      const endpoint = operation.endpointOf(fields)
      checkUsable(asked, endpoint, request)
      return { kind: 'answer', body: loadAnswer(name, context) }
    },
  }
}

function callOf({ dialect, endpointOf, native }: Operation, { fields, snapshot }: FrontRequest, context: DialectContext): FrontCall {
  const endpoint = endpointOf(fields)
  return {
    kind: 'call',
    endpoint,
    native: ollamaNative(native),
    fields: { ...dialect.toCanonical(fields), model: knownName(context.model, endpoint, snapshot) },
    fromCanonical: (answer) => dialect.fromCanonical(answer, context),
    createStreamEncoder() {
      if (dialect.createStreamEncoder === undefined) throw new Error(`There are no streams in ${dialect.id}`)
      return dialect.createStreamEncoder(context)
    },
  }
}

function knownName(name: string, endpoint: EndpointId, { routes }: Snapshot): string {
  const known = routes.get(SERVICE_OF_ENDPOINT[endpoint])
  return resolveModelName(name, (candidate) => known?.has(candidate) === true)
}

/** Throws as the relay would if the model had something to do. */
function checkUsable(asked: string, endpoint: EndpointId, { snapshot, key }: FrontRequest): void {
  const name = knownName(asked, endpoint, snapshot)
  if (snapshot.routes.get(SERVICE_OF_ENDPOINT[endpoint])?.has(name) !== true)
    throw new GatewayError('model_not_found', `model '${asked}' not found`, { param: 'model' })
  if (key !== undefined) requireAllowed(key, { service: SERVICE_OF_ENDPOINT[endpoint], model: name })
}
