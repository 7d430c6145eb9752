import type { JsonObject } from '../../lib/json.ts'

/** A part of an item's content or summary while it grows. */
export interface OutputPart {
  readonly type: PartType
  /** `logprobs`: of the text's tokens, in the answer's own form. */
  add(text: string, logprobs?: readonly JsonObject[]): void
  annotate(annotation: JsonObject): void
  /** `item_id` and `output_index`, and its place among the parts. */
  open(where: JsonObject, index: number): JsonObject
  take(): JsonObject[]
  close(): JsonObject[]
  value(): JsonObject
}

export type PartType = 'output_text' | 'refusal' | 'reasoning_text' | 'summary_text'

interface PartNames {
  /** Events are named `response.<part>.added` and `.done`, and `response.<text>.delta` and `.done`. */
  readonly part: string
  readonly text: string
  readonly textKey: 'text' | 'refusal'
  readonly indexKey: 'content_index' | 'summary_index'
}

const NAMES: Readonly<Record<PartType, PartNames>> = {
  output_text: { part: 'content_part', text: 'output_text', textKey: 'text', indexKey: 'content_index' },
  refusal: { part: 'content_part', text: 'refusal', textKey: 'refusal', indexKey: 'content_index' },
  reasoning_text: { part: 'content_part', text: 'reasoning_text', textKey: 'text', indexKey: 'content_index' },
  summary_text: { part: 'reasoning_summary_part', text: 'reasoning_summary_text', textKey: 'text', indexKey: 'summary_index' },
}

export function createPart(type: PartType): OutputPart {
  const { part, text: textEvent, textKey, indexKey } = NAMES[type]
  const isText = type === 'output_text'
  const deltaType = `response.${textEvent}.delta`
  const annotations: JsonObject[] = []
  const logprobs: JsonObject[] = []
  let text = ''
  let pending = ''
  let pendingLogprobs: JsonObject[] = []
  let toldAnnotations = 0
  let where: JsonObject = {}

  const value = (): JsonObject =>
    isText ? { type, annotations: [...annotations], logprobs: [...logprobs], text } : { type, [textKey]: text }

  function delta(): JsonObject[] {
    if (pending === '') return []
    const event = { type: deltaType, ...where, delta: pending, ...(isText ? { logprobs: pendingLogprobs } : {}) }
    text += pending
    for (const token of pendingLogprobs) logprobs.push(token)
    pending = ''
    // The event has the old one.
    pendingLogprobs = []
    return [event]
  }

  function annotationEvents(): JsonObject[] {
    const events = annotations.slice(toldAnnotations).map((annotation, index) => ({
      type: 'response.output_text.annotation.added',
      ...where,
      annotation_index: toldAnnotations + index,
      annotation,
    }))
    toldAnnotations = annotations.length
    return events
  }

  return {
    type,
    value,
    add(more, tokens = []) {
      pending += more
      for (const token of tokens) pendingLogprobs.push(token)
    },
    annotate: (annotation) => void annotations.push(annotation),
    open(item, index) {
      where = { ...item, [indexKey]: index }
      return { type: `response.${part}.added`, ...where, part: isText ? { ...value(), annotations: [] } : value() }
    },
    take: () => [...delta(), ...annotationEvents()],
    close: () => [
      { type: `response.${textEvent}.done`, ...where, [textKey]: text, ...(isText ? { logprobs: [...logprobs] } : {}) },
      { type: `response.${part}.done`, ...where, part: value() },
    ],
  }
}
