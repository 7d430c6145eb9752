import { createHash } from 'node:crypto'
import type { Service } from '@jairouter/contract/names'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { invalid, missing } from '../canonical/field-checks.ts'
import { resolveModelName } from './model-names.ts'

/** A model as the gateway shows it. */
export interface ShownModel {
  readonly id: string
  /** Epoch seconds; 0 when nobody knows. */
  readonly created: number
  readonly ownedBy: string
  readonly services: readonly Service[]
}

/**
 * The release whose API the gateway speaks. Clients refuse to talk to one below their least, so it is Ollama's number
 * and not the gateway's.
 */
const OLLAMA_VERSION = '0.33.0'

/**
 * What clients may use a model for. Which model sees images or calls tools nobody tells the gateway, so every chat
 * model is said to: hidden, an ability could not be used at all, while one that is missing is refused by the backend
 * when it is used. Not `thinking`: clients that read it ask for it unbidden, and models without it refuse that.
 */
const CAPABILITIES: Readonly<Partial<Record<Service, readonly string[]>>> = {
  chat: ['completion', 'tools', 'vision'],
  embedding: ['embedding'],
}

/** Year 2318: a client's word for it is "for ever". */
const NEVER = '2318-01-01T00:00:00Z'

/** The longest name that any route can have. */
const MAXIMUM_NAME_LENGTH = 256

/** `GET /api/version`. */
export function versionAnswer(): JsonObject {
  return { version: OLLAMA_VERSION }
}

/** `GET /api/tags`: the models that Ollama's operations can use, in the order given, by the names that they have everywhere. */
export function tagsAnswer(models: readonly ShownModel[]): JsonObject {
  return {
    models: usable(models).map((model) => ({
      ...listed(model),
      modified_at: modifiedAt(model),
      capabilities: capabilitiesOf(model),
    })),
  }
}

/** `GET /api/ps`: all of them, as if they were loaded, since none has to be before it can be asked. */
export function psAnswer(models: readonly ShownModel[]): JsonObject {
  return { models: usable(models).map((model) => ({ ...listed(model), expires_at: NEVER, size_vram: 0, context_length: 0 })) }
}

/**
 * `POST /api/show`. The name may come with or without `:latest`, in `model` or, from old clients, in `name`. Throws a
 * GatewayError: `missing_field`, `invalid_field` or `model_not_found`.
 */
export function showAnswer(fields: JsonObject, models: readonly ShownModel[]): JsonObject {
  const name = nameIn(fields)
  const known = new Map(usable(models).map((model) => [model.id, model]))
  const model = known.get(resolveModelName(name, (candidate) => known.has(candidate)))
  // Ollama's own words: clients look for them.
  if (model === undefined) throw new GatewayError('model_not_found', `model '${name}' not found`, { param: 'model' })
  return {
    modelfile: '',
    parameters: '',
    template: '',
    details: detailsOf(model),
    // Clients look up the size of the context under the architecture's name, and take a default of theirs without it.
    model_info: { 'general.architecture': model.ownedBy, 'general.basename': name },
    capabilities: capabilitiesOf(model),
    modified_at: modifiedAt(model),
  }
}

function nameIn(fields: JsonObject): string {
  const name = isAbsent(fields['model']) || fields['model'] === '' ? fields['name'] : fields['model']
  if (isAbsent(name) || name === '') throw missing('model')
  if (typeof name !== 'string' || name.length > MAXIMUM_NAME_LENGTH)
    throw invalid('model', `a name of at most ${MAXIMUM_NAME_LENGTH} characters`)
  return name
}

function usable(models: readonly ShownModel[]): readonly ShownModel[] {
  return models.filter((model) => capabilitiesOf(model).length > 0)
}

function capabilitiesOf({ services }: ShownModel): readonly string[] {
  return services.flatMap((service) => CAPABILITIES[service] ?? [])
}

/** The digest is of the name: clients cut it to twelve characters and compare it, and fail over a shorter one. */
function listed(model: ShownModel): JsonObject {
  const { id } = model
  return { name: id, model: id, size: 0, digest: createHash('sha256').update(id).digest('hex'), details: detailsOf(model) }
}

function detailsOf({ ownedBy }: ShownModel): JsonObject {
  return { parent_model: '', format: '', family: ownedBy, families: [ownedBy], parameter_size: '', quantization_level: '' }
}

function modifiedAt({ created }: ShownModel): string {
  return isoTime(created * 1_000)
}
