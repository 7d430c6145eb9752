/**
 * Looks for keys in the bytes of a JSON text without parsing it: a quoted key followed by a colon can't occur inside of a
 * JSON string, where quotes are escaped. It may stand at any depth.
 */

/** A key as it stands in JSON bytes. */
export function needleOf(key: string): Buffer {
  return Buffer.from(JSON.stringify(key))
}

/** First byte of the value of the first such key (a `needleOf`), or undefined when the text is there but is no key. */
export function valueAfter(data: Buffer, key: Buffer, from = 0): number | undefined {
  let at = data.indexOf(key, from)
  while (at >= 0) {
    let next = at + key.length
    while ((data[next] ?? 0x7f) <= 0x20) next += 1
    if (data[next] === 0x3a) {
      next += 1
      while ((data[next] ?? 0x7f) <= 0x20) next += 1
      return data[next]
    }
    at = data.indexOf(key, at + key.length)
  }
  return undefined
}

const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Whether any such key has a value that begins with this byte. */
export function hasValue(data: Buffer, key: Buffer, first: number): boolean {
  for (let at = data.indexOf(key); at >= 0; at = data.indexOf(key, at + key.length)) {
    if (valueAfter(data, key, at) === first) return true
  }
  return false
}

/** Whether any such key has a list that is not empty. */
export function hasItems(data: Buffer, key: Buffer): boolean {
  for (let at = data.indexOf(key); at >= 0; at = data.indexOf(key, at + key.length)) {
    if (valueAfter(data, key, at) !== OPEN_BRACKET) continue
    let next = data.indexOf(OPEN_BRACKET, at + key.length) + 1
    while ((data[next] ?? 0x7f) <= 0x20) next += 1
    if (data[next] !== CLOSE_BRACKET) return true
  }
  return false
}
