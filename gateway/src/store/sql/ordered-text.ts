/** Where surrogates begin: from there on, UTF-8 and UTF-16 sort differently. */
const SURROGATES = 0xd8_00
/** How far what is above has to move to be no surrogate any more. */
const SHIFT = 0x8_00
/** Sorts after every text that `orderedText` makes. */
export const AFTER_ALL = '\u{10FFFF}'

const BEYOND = /[\uD800-\uFFFF]/

/**
 * Databases compare the bytes of UTF-8, the port promises the order of UTF-16 code units. Each unit becomes a code point
 * of its own that is no surrogate, in the same order; so a lone surrogate survives, too. Most names stay as they are.
 */
export function orderedText(text: string): string {
  if (!BEYOND.test(text)) return text
  return Array.from({ length: text.length }, (_, index) => {
    const unit = text.charCodeAt(index)
    return String.fromCodePoint(unit < SURROGATES ? unit : unit + SHIFT)
  }).join('')
}

export function fromOrderedText(ordered: string): string {
  if (!BEYOND.test(ordered)) return ordered
  return Array.from(ordered, (character) => {
    const point = character.codePointAt(0) ?? 0
    return String.fromCharCode(point < SURROGATES ? point : point - SHIFT)
  }).join('')
}
