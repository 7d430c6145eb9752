import type { JsonObject } from '../../lib/json.ts'
import { refusalOf, textOf } from '../canonical/answer-parts.ts'
import type { ToolSlot } from '../canonical/tool-slots.ts'
import type { DialectContext } from '../dialect.ts'
import { annotationsOf, logprobsOf } from './annotations.ts'
import { extraContent } from './extra-content.ts'
import { createMessageItem, type MessageItem } from './message-item.ts'
import { createCallReader } from './output-calls.ts'
import { createReasoningReader } from './output-reasoning.ts'
import { createOutputSequence, type AnyItem } from './output-sequence.ts'

export interface OutputContent {
  /** Events for what a choice's delta brings. */
  add(delta: JsonObject, choice: JsonObject): JsonObject[]
  /** Events that close what is open. */
  finish(status: 'completed' | 'incomplete'): JsonObject[]
  calls(): readonly ToolSlot[]
  output(): readonly JsonObject[]
}

/** The items of the output, out of a chat completion's deltas: reasoning, messages and calls in the order in which they come. */
export function createOutputContent(context: DialectContext): OutputContent {
  const sequence = createOutputSequence<AnyItem>()
  const addReasoning = createReasoningReader(context, sequence)
  const calls = createCallReader(context, sequence)

  function messageItem(): MessageItem {
    const latest = sequence.latest()
    if (latest?.kind === 'message') return latest
    const item = createMessageItem(context)
    sequence.append(item)
    return item
  }

  function addMessage(delta: JsonObject, choice: JsonObject): void {
    const text = textOf(delta)
    if (text !== '') messageItem().part('output_text').add(text, logprobsOf(choice))
    describe(delta)
    const refusal = refusalOf(delta)
    if (refusal !== '') messageItem().part('refusal').add(refusal)
  }

  /** What is told of a text that has come. */
  function describe(delta: JsonObject): void {
    const latest = sequence.latest()
    if (latest?.kind !== 'message') return
    latest.bear(extraContent(delta))
    const part = latest.latestPart()
    if (part?.type === 'output_text') annotationsOf(delta).forEach(part.annotate)
  }

  return {
    add(delta, choice) {
      addReasoning(delta)
      addMessage(delta, choice)
      calls.add(delta)
      return sequence.advance()
    },
    finish: (status) => sequence.finish(status),
    calls: () => calls.all(),
    output: () => sequence.output(),
  }
}
