import { isObject, objectOf, stringOf, type JsonObject } from './json.ts'
import { formField, parseMultipart, type Part } from './multipart.ts'
import { BadRequest } from './reply.ts'

/** A request to a model, parsed. */
export interface Call {
  readonly path: string
  /** The JSON body; of a form its text fields. */
  readonly body: JsonObject
  readonly parts: readonly Part[]
  /** As the client wrote it, a fault included. */
  readonly fullModel: string
  /** Without the fault: `sim-chat` of `sim-chat!hang`. */
  readonly model: string
  /** What follows the first `!` of the model's name. */
  readonly faultText: string | undefined
}

/** Who answers. */
export interface Persona {
  readonly name: string
  readonly models: readonly string[]
  /** Length of an answer in tokens, unless the request asks for fewer. */
  readonly tokens: number
}

/** Throws BadRequest. */
export function parseCall(path: string, contentType: string, bytes: Buffer): Call {
  const isForm = contentType.toLowerCase().startsWith('multipart/form-data')
  const parts = isForm ? parseForm(contentType, bytes) : []
  const body = isForm ? fieldsOf(parts) : parseJson(bytes)
  const fullModel = stringOf(body['model'])
  if (fullModel === undefined || fullModel === '')
    throw new BadRequest('you must provide a model parameter', 'model', 'missing_required_parameter')
  const mark = fullModel.indexOf('!')
  return {
    path,
    body,
    parts,
    fullModel,
    model: mark < 0 ? fullModel : fullModel.slice(0, mark),
    faultText: mark < 0 ? undefined : fullModel.slice(mark + 1),
  }
}

function parseForm(contentType: string, bytes: Buffer): readonly Part[] {
  const parts = parseMultipart(contentType, bytes)
  if (parts === undefined) throw new BadRequest('The multipart body has no boundary or is cut short')
  return parts
}

function fieldsOf(parts: readonly Part[]): JsonObject {
  const names = new Set(parts.filter((part) => part.filename === undefined).map((part) => part.name))
  return Object.fromEntries([...names].map((name) => [name, formField(parts, name)]))
}

function parseJson(bytes: Buffer): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new BadRequest('We could not parse the JSON body of your request')
  }
  if (!isObject(value)) throw new BadRequest('The body must be a JSON object')
  return objectOf(value)
}
