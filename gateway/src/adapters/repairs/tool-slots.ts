import { isObject, type JsonObject } from '../../lib/json.ts'
import { textOf } from './repair.ts'

/** One tool call of a stream. */
interface Slot {
  /** The gateway's own number, from 0. */
  readonly index: number
  readonly id: string
  /** The backend's id for it, '' while it gave none. */
  given: string
  named: boolean
  /** The client knows of it. */
  begun: boolean
  /** Its arguments so far. */
  text: string
}

/** Arguments longer than this are passed on, and no longer kept. */
const MOST_KEPT = 1024 ** 2

/**
 * Tells the tool calls of one streamed choice apart, and gives each its number, its id and its name just once
 * (backends.md 21.2): by `index` where there is one, else by id, else it is the last one that goes on. A new id or name
 * without an index begins another call once the last one looks complete.
 */
export class ToolSlots {
  readonly #slots: Slot[] = []
  readonly #byIndex = new Map<number, Slot>()
  readonly #byId = new Map<string, Slot>()
  readonly #newId: () => string

  constructor(newId: () => string) {
    this.#newId = newId
  }

  /** Some have no arguments yet. */
  get owing(): boolean {
    return this.#slots.some(({ text }) => text === '')
  }

  /** A piece of a call as OpenAI would say it; the same object where it is that already. */
  push(entry: JsonObject): JsonObject {
    const { index, id, type, function: named, ...others } = entry
    const call = isObject(named) ? named : {}
    const { name, arguments: given, ...rest } = call
    const piece = argumentsOf(given)
    const slot = this.#slotOf(index, { id: textOf(id), name: textOf(name) })
    const first = !slot.begun
    const tellsName = !slot.named && textOf(name) !== ''
    const proper =
      index === slot.index &&
      (first ? id === slot.id && type === 'function' : isNothing(id) && (isNothing(type) || type === 'function')) &&
      (tellsName || isNothing(name)) &&
      given === piece
    if (slot.given === '') slot.given = textOf(id)
    slot.begun = true
    slot.named ||= tellsName
    if (slot.text.length <= MOST_KEPT) slot.text += piece
    if (proper) return entry
    return {
      index: slot.index,
      ...(first ? { id: slot.id, type: 'function' } : {}),
      ...others,
      function: { ...(tellsName ? { name } : {}), ...rest, arguments: piece },
    }
  }

  /** What makes the arguments JSON for calls that had none. */
  fill(): JsonObject[] {
    return this.#slots
      .filter(({ text }) => text === '')
      .map((slot) => {
        slot.text = '{}'
        return { index: slot.index, function: { arguments: '{}' } }
      })
  }

  #slotOf(index: unknown, said: { id: string; name: string }): Slot {
    if (typeof index === 'number') {
      const known = this.#byIndex.get(index)
      const another = known !== undefined && said.name !== '' && isOther(known, said.id) && parses(known.text)
      return known === undefined || another ? this.#open(index, said.id) : known
    }
    const last = this.#slots.at(-1)
    const known = this.#byId.get(said.id) ?? last
    if (known === undefined) return this.#open(undefined, said.id)
    if (said.id !== '' && this.#byId.has(said.id)) return known
    const withoutArguments = known.text === '' && isOther(known, said.id)
    const begins = (said.id !== '' || said.name !== '') && (parses(known.text) || withoutArguments)
    return begins ? this.#open(undefined, said.id) : known
  }

  #open(index: number | undefined, given: string): Slot {
    const id = given === '' || this.#byId.has(given) ? this.#newId() : given
    const slot: Slot = { index: this.#slots.length, id, given, named: false, begun: false, text: '' }
    this.#slots.push(slot)
    if (index !== undefined) this.#byIndex.set(index, slot)
    if (given !== '') this.#byId.set(given, slot)
    return slot
  }
}

/** Both have an id, and not the same. */
function isOther({ given }: Slot, id: string): boolean {
  return id !== '' && given !== '' && id !== given
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null
}

/** Some servers write the object itself. */
export function argumentsOf(given: unknown): string {
  return isObject(given) ? JSON.stringify(given) : textOf(given)
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
