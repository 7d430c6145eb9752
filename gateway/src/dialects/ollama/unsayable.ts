import { GatewayError } from '../../errors/gateway-error.ts'

/** For what Ollama's API has and OpenAI's has no words for; `what` begins the sentence. */
export function unsayable(path: string, what: string): GatewayError {
  return new GatewayError('invalid_field', `${what} can't be translated for a model that does not speak Ollama's API ("${path}")`, {
    param: path,
  })
}
