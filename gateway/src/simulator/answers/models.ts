import type { Persona } from '../call.ts'
import { errorReply, jsonReply, type Reply } from '../reply.ts'
import { CREATED } from '../text.ts'

export function listModels(persona: Persona): Reply {
  return jsonReply(200, { object: 'list', data: persona.models.map((id) => modelCard(id)) })
}

/** `id` may hold slashes. */
export function showModel(persona: Persona, id: string): Reply {
  return persona.models.includes(id) ? jsonReply(200, modelCard(id)) : unknownModel(id)
}

export function unknownModel(id: string): Reply {
  return errorReply(404, `The model \`${id}\` does not exist`, { param: 'model', code: 'model_not_found' })
}

function modelCard(id: string): object {
  return { id, object: 'model', created: CREATED, owned_by: 'simulator', max_model_len: 32_768 }
}
