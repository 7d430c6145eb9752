import type { JsonObject } from '../../lib/json.ts'
import { hasValue, needleOf } from '../../lib/json-needle.ts'
import { indexOf, isFinished, textOf, within, type Repair, type StreamRepair } from './repair.ts'
import { ThinkSplitter, type Split } from './think-splitter.ts'

const CONTENT = needleOf('content')
const FINISH = needleOf('finish_reason')
const QUOTE = 0x22

/** `<think>...</think>` at the start of the content -> `reasoning_content` (backends.md 19.5). */
export function thinkTagsRepair(): Repair {
  return {
    whole: (choice) =>
      within(choice, 'message', (message) => {
        const splitter = new ThinkSplitter()
        const parts = [splitter.push(textOf(message['content'])), splitter.end()]
        return told(message, { reasoning: join(parts, 'reasoning'), content: join(parts, 'content') })
      }),
    stream: createStream,
  }
}

function createStream(expectedChoices: number): StreamRepair {
  const splitters = new Map<number, ThinkSplitter>()
  const decided = () => splitters.size >= expectedChoices && [...splitters.values()].every((splitter) => splitter.decided)
  const splitterOf = (choice: JsonObject) => {
    const index = indexOf(choice)
    const known = splitters.get(index)
    if (known !== undefined) return known
    const splitter = new ThinkSplitter()
    splitters.set(index, splitter)
    return splitter
  }
  let over = false
  return {
    wants(data) {
      // Said once: from here on nothing is looked at.
      over ||= decided()
      return !over && (hasValue(data, CONTENT, QUOTE) || hasValue(data, FINISH, QUOTE))
    },
    mend: (choice) =>
      within(choice, 'delta', (delta) => {
        const splitter = splitterOf(choice)
        if (splitter.decided) return delta
        const parts = [splitter.push(textOf(delta['content'])), ...(isFinished(choice) ? [splitter.end()] : [])]
        return told(delta, { reasoning: join(parts, 'reasoning'), content: join(parts, 'content') })
      }),
    rest: () =>
      [...splitters].flatMap(([index, splitter]) => {
        const split = splitter.end()
        return split.content === '' && split.reasoning === '' ? [] : [{ index, delta: told({}, split), finish_reason: null }]
      }),
  }
}

function join(parts: readonly Split[], key: keyof Split): string {
  return parts.map((part) => part[key]).join('')
}

function told(message: JsonObject, { reasoning, content }: Split): JsonObject {
  if (reasoning === '' && content === textOf(message['content'])) return message
  const whole = textOf(message['reasoning_content']) + reasoning
  return { ...message, content, ...(whole === '' ? {} : { reasoning_content: whole }) }
}
