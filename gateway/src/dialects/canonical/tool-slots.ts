import { NO_ARGUMENTS, readArguments } from '../../lib/call-arguments.ts'
import type { ToolCallPart } from './answer-parts.ts'

/** One streamed call, as far as it has come. */
export interface ToolSlot {
  readonly id: string
  readonly name: string
  readonly arguments: string
  /** What of the arguments was not taken yet. */
  take(): string
  /** Its arguments are a whole JSON object: any more of them could only break it. */
  whole(): boolean
}

export interface ToolSlots {
  /** Adds a delta to the call that it belongs to, which may be a new one. */
  add(part: ToolCallPart): void
  /** In the order in which they began. */
  all(): readonly ToolSlot[]
}

interface GrowingSlot extends ToolSlot {
  add(part: ToolCallPart): void
}

/**
 * Which call a delta belongs to (backends.md 21.2): by index; some servers send none, or the same for all calls, some
 * an empty id or name in later deltas, and Mistral each call whole.
 */
export function createToolSlots(): ToolSlots {
  const slots: GrowingSlot[] = []
  const byIndex = new Map<number, GrowingSlot>()

  function open(part: ToolCallPart): GrowingSlot {
    const slot = createSlot()
    slots.push(slot)
    if (part.index !== undefined) byIndex.set(part.index, slot)
    return slot
  }

  function slotOf(part: ToolCallPart): GrowingSlot {
    if (part.index === undefined) return byId(part) ?? open(part)
    const slot = byIndex.get(part.index)
    // Google's OpenAI layer numbers all calls 0. An id alone is no sign: some relays give each delta a new one.
    if (slot === undefined) return open(part)
    return part.name !== '' && hasOwnId(part, slot) && slot.whole() ? open(part) : slot
  }

  function byId(part: ToolCallPart): GrowingSlot | undefined {
    const known = part.id === '' ? undefined : slots.find((slot) => slot.id === part.id)
    const last = slots.at(-1)
    if (known !== undefined || last === undefined || part.name === '') return known ?? last
    // By the id alone where a call has no arguments, and so never looks whole.
    return hasOwnId(part, last) || last.whole() ? undefined : last
  }

  return {
    all: () => slots,
    add: (part) => slotOf(part).add(part),
  }
}

function hasOwnId(part: ToolCallPart, slot: ToolSlot): boolean {
  return part.id !== '' && slot.id !== '' && part.id !== slot.id
}

function createSlot(): GrowingSlot {
  let id = ''
  let name = ''
  let all = ''
  // Apart from `all`, which is joined only when it is read: cut from it, each delta would copy what came before.
  let untaken = ''
  let mayBeWhole = false
  let whole = false
  return {
    get id() {
      return id
    },
    get name() {
      return name
    },
    get arguments() {
      return all
    },
    add(part) {
      if (id === '') id = part.id
      if (name === '') name = part.name
      all += part.arguments
      untaken += part.arguments
      const end = part.arguments.trimEnd()
      if (end === '') return
      mayBeWhole = end.endsWith('}')
      whole = false
    },
    take() {
      // Sent on, a client would take it for the input; an object can't begin so.
      if (all.length <= NO_ARGUMENTS.length && NO_ARGUMENTS.startsWith(all)) return ''
      const taken = untaken
      untaken = ''
      return taken
    },
    whole() {
      whole ||= mayBeWhole && readArguments(all) !== undefined
      // Asked again only when more has come.
      mayBeWhole = false
      return whole
    },
  }
}
