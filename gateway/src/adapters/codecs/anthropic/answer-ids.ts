import { isObject } from '../../../endpoints/call.ts'
import type { AnswerContext } from '../codec.ts'

/** The backend's own id where it gives one. */
export function answerId(message: unknown, context: AnswerContext): string {
  const id = isObject(message) ? message['id'] : undefined
  return typeof id === 'string' && id !== '' ? id : `chatcmpl-${context.id}`
}

export function toolCallId(id: unknown, index: number, context: AnswerContext): string {
  return typeof id === 'string' && id !== '' ? id : `call_${context.id}-${index}`
}
