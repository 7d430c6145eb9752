import { listOf, stringOf, type JsonObject } from '../../lib/json.ts'
import { finishOf } from '../canonical/finish-reason.ts'

/** How a choice ended, as far as its backend has told. */
export interface ToldEnding {
  readonly finishReason: string | undefined
  /** The stop string that was hit: `stop_reason` at vLLM, `matched_stop` at SGLang; both tell the number of a token there too. */
  readonly matched: string | undefined
}

export interface Ending extends ToldEnding {
  readonly refusal: string
  readonly toolCalls: number
}

export const UNTOLD: ToldEnding = { finishReason: undefined, matched: undefined }

/** What a choice tells of its end; what it does not tell stays as it was known. */
export function readEnding(choice: JsonObject, known: ToldEnding): ToldEnding {
  const { finish_reason: reason, stop_reason: stopReason, matched_stop: matchedStop } = choice
  return {
    finishReason: stringOf(reason) || known.finishReason,
    matched: stringOf(stopReason) || stringOf(matchedStop) || known.matched,
  }
}

/**
 * `stop_reason` and `stop_sequence`, with `stop_details` for a refusal. Calls that were made count more than a
 * reason of "stop", and a reason of "tool_calls" nothing without calls: agents would wait for a call that never comes.
 */
export function toStop(ending: Ending, fields: JsonObject): JsonObject {
  const { finishReason, matched, refusal } = ending
  const finish = finishOf(finishReason ?? '')
  if (finish === 'filtered' || refusal !== '') {
    const details = { type: 'refusal', category: null, explanation: refusal === '' ? null : refusal }
    return { stop_reason: 'refusal', stop_sequence: null, stop_details: details }
  }
  if (finish === 'length') return { stop_reason: 'max_tokens', stop_sequence: null }
  if (ending.toolCalls > 0) return { stop_reason: 'tool_use', stop_sequence: null }
  if (matched !== undefined && listOf(fields['stop_sequences']).includes(matched))
    return { stop_reason: 'stop_sequence', stop_sequence: matched }
  return { stop_reason: 'end_turn', stop_sequence: null }
}
