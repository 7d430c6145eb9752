import { GatewayError } from '../../errors/gateway-error.ts'

/** For what the Responses API has and a chat completion has no words for; `what` begins the sentence. */
export function unspeakable(path: string, what: string): GatewayError {
  return new GatewayError('invalid_field', `${what} has no equivalent in a chat completion, by which the model is asked ("${path}")`, {
    param: path,
  })
}
