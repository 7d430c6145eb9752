/** What of a text was reasoning, and what the answer. */
export interface Split {
  readonly reasoning: string
  readonly content: string
}

const OPEN = '<think>'
const CLOSE = '</think>'
/** White space before the tag may be this long. */
const MOST_BLANK = 64
const NOTHING: Split = { reasoning: '', content: '' }

/**
 * Parts a text that comes in pieces at `<think>...</think>`, which counts only at its start. The tags go, and so does the white
 * space behind each of them. However the text is cut, all pieces together give the same.
 */
export class ThinkSplitter {
  #state: 'undecided' | 'thinking' | 'answering' = 'undecided'
  /** What may be a part of a tag. */
  #held = ''
  /** Nothing but white space since the last tag. */
  #blank = false

  /** The rest of the text is the answer, whatever it is. */
  get decided(): boolean {
    return this.#state === 'answering' && !this.#blank
  }

  push(piece: string): Split {
    if (this.decided) return { reasoning: '', content: piece }
    const text = this.#held + piece
    this.#held = ''
    switch (this.#state) {
      case 'undecided':
        return this.#decide(text)
      case 'thinking':
        return this.#think(text)
      case 'answering':
        return { reasoning: '', content: this.#withoutBlank(text) }
    }
  }

  /** What was held back, once nothing follows. */
  end(): Split {
    const held = this.#held
    this.#held = ''
    if (this.#state === 'thinking') return { reasoning: held, content: '' }
    this.#state = 'answering'
    this.#blank = false
    return { reasoning: '', content: held }
  }

  #decide(text: string): Split {
    const start = text.trimStart()
    if (start.startsWith(OPEN)) {
      this.#state = 'thinking'
      this.#blank = true
      return this.#think(start.slice(OPEN.length))
    }
    if (OPEN.startsWith(start) && text.length - start.length <= MOST_BLANK) {
      this.#held = text
      return NOTHING
    }
    this.#state = 'answering'
    return { reasoning: '', content: text }
  }

  #think(text: string): Split {
    const end = text.indexOf(CLOSE)
    if (end < 0) {
      const kept = text.length - overlap(text)
      this.#held = text.slice(kept)
      return { reasoning: this.#withoutBlank(text.slice(0, kept)), content: '' }
    }
    const reasoning = this.#withoutBlank(text.slice(0, end))
    this.#state = 'answering'
    this.#blank = true
    return { reasoning, content: this.#withoutBlank(text.slice(end + CLOSE.length)) }
  }

  #withoutBlank(text: string): string {
    if (!this.#blank) return text
    const rest = text.trimStart()
    if (rest !== '') this.#blank = false
    return rest
  }
}

/** How much of the end of a text may be the beginning of the closing tag. */
function overlap(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(CLOSE.slice(0, length))) return length
  }
  return 0
}
