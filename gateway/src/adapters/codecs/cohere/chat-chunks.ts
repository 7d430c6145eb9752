import type { JsonObject } from '../../../endpoints/call.ts'
import type { AnswerContext, StreamPiece } from '../codec.ts'

/** Writes the canonical chunks of one stream. */
export interface ChunkWriter {
  /** `rest` is laid over the choice: its `finish_reason`, its `logprobs`. */
  delta(delta: JsonObject, rest?: JsonObject): StreamPiece
  usage(usage: JsonObject): StreamPiece
}

/** The first delta says whose message it is, whichever event it came from. */
export function createChunkWriter({ id, created, model }: AnswerContext): ChunkWriter {
  let begun = false

  const chunk = (choices: readonly JsonObject[], rest: JsonObject = {}): StreamPiece => ({
    kind: 'chunk',
    chunk: { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model, choices, ...rest },
  })

  return {
    delta(delta, rest = {}) {
      const whole = begun ? delta : { role: 'assistant', ...delta }
      begun = true
      return chunk([{ index: 0, delta: whole, finish_reason: null, ...rest }])
    },
    usage: (usage) => chunk([], { usage }),
  }
}
