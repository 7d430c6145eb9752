import { isObject, type JsonObject } from '../../../lib/json.ts'
import { refuseErrorBody } from '../canonical/error-in-answer.ts'
import { CodecFailure, CodecMismatch } from '../codec.ts'
import { BROKEN_OFF, doneReasonOf } from './done-reason.ts'

/** An object that is no error: Ollama's is a text, that of builds over llama-server an object. */
export function toAnswer(answer: unknown): JsonObject {
  refuseErrorBody(answer)
  if (!isObject(answer)) throw new CodecMismatch('An answer is no JSON object')
  return answer
}

/** A generated answer that was not streamed: complete, or it is none. */
export function toWholeAnswer(answer: unknown): { readonly answer: JsonObject; readonly reason: string } {
  const checked = toAnswer(answer)
  if (checked['done'] !== true) throw new CodecMismatch('An answer that was not to be streamed is not done')
  const reason = doneReasonOf(checked)
  if (reason === undefined) throw new CodecFailure(BROKEN_OFF)
  return { answer: checked, reason }
}
