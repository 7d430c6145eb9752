import { isObject, textOf, type JsonObject } from '../../../lib/json.ts'

/** Documented by Google for calls whose own signature is lost; without any a model of the third generation refuses the request. */
export const LOST_SIGNATURE = 'skip_thought_signature_validator'

/**
 * How a `thoughtSignature` survives the way to a client and back: in `extra_content.google.thought_signature`, where
 * Google's own OpenAI layer puts it, of the tool call, picture, message or delta whose part bore it.
 */
export function signed(signature: string | undefined): JsonObject {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }
}

/** The signature that came back with a tool call, picture or message. */
export function signatureOf(holder: JsonObject): string | undefined {
  const extra = holder['extra_content']
  const google = isObject(extra) ? extra['google'] : undefined
  return isObject(google) ? textOf(google['thought_signature']) : undefined
}
