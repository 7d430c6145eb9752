import { hash32, mix32 } from '../../lib/hash.ts'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 9

/** An id as Mistral takes them (backends.md 19.6): itself where it is one, else always the same other one. */
export function toNineCharacters(id: string): string {
  if (/^[0-9A-Za-z]{9}$/.test(id)) return id
  const hash = hash32(id)
  // 62 to the ninth is a little more than 53 bits.
  let rest = (BigInt(hash) << 32n) | BigInt(mix32(hash, hash32(`${id.length}:${id}`)))
  let text = ''
  for (let at = 0; at < LENGTH; at += 1) {
    text += DIGITS[Number(rest % 62n)] ?? ''
    rest /= 62n
  }
  return text
}
