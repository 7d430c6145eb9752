/** A message in the form of OpenTelemetry's conventions for generative AI (`gen_ai.input.messages`, `gen_ai.output.messages`). */
export interface Message {
  readonly role: string
  readonly parts: readonly Part[]
  readonly finish_reason?: string
}

/** Only texts are kept; of everything else, that it was there. */
export interface Part {
  /** `text`, `reasoning`, `tool_call`, `tool_call_response`, `image`, `audio`, `file` and the like. */
  readonly type: string
  readonly content?: string
  /** Of a tool. */
  readonly name?: string
}

export function textPart(content: string, type = 'text'): Part {
  return { type, content }
}
