/** No character: before the beginning of a text, or behind its end. */
export const NOTHING = -1

/**
 * A text that is read ahead. It notes whether somebody wanted to read behind its end: what was found without that holds
 * however the text goes on, and so the same is found wherever a stream is cut.
 */
export class Cursor {
  readonly text: string
  /** Something behind the end was asked for. */
  beyond = false

  constructor(text: string) {
    this.text = text
  }

  /** The code unit at a place, or NOTHING. */
  at(index: number): number {
    if (index < this.text.length) return this.text.charCodeAt(index)
    this.beyond = true
    return NOTHING
  }

  /** The code point at a place, or NOTHING; of a pair of which only half has come, that half. */
  codePoint(index: number): number {
    const unit = this.at(index)
    if (unit < 0xd800 || unit > 0xdbff) return unit
    const low = this.at(index + 1)
    return low >= 0xdc00 && low <= 0xdfff ? ((unit - 0xd800) << 10) + (low - 0xdc00) + 0x1_00_00 : unit
  }

  /** The code unit before a place, or NOTHING. */
  before(index: number): number {
    return index === 0 ? NOTHING : this.text.charCodeAt(index - 1)
  }
}
