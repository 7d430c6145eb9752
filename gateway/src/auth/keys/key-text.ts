import { crc32 } from 'node:zlib'

/** What every key of ours begins with. */
const PREFIX = 'jr-'
/** 190 bits. */
const RANDOM_CHARACTERS = 32
/** 32 bits in base62. */
const CHECK_CHARACTERS = 6
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The greatest multiple of 62 in a byte: what is beyond would favour the first letters. */
const FAIR_BYTES = 248

const FORM = new RegExp(`^${PREFIX}([0-9A-Za-z]{${RANDOM_CHARACTERS}})([0-9A-Za-z]{${CHECK_CHARACTERS}})$`)

/** So many characters of base62, all as likely. `randomBytes` must be unpredictable where the text is to be. */
export function randomText(length: number, randomBytes: (size: number) => Uint8Array): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) if (byte < FAIR_BYTES && text.length < length) text += ALPHABET.charAt(byte % ALPHABET.length)
  }
  return text
}

/** A new key: `jr-`, 32 random characters, and a checksum of them. */
export function newKeyText(randomBytes: (size: number) => Uint8Array): string {
  const random = randomText(RANDOM_CHARACTERS, randomBytes)
  return `${PREFIX}${random}${checkOf(random)}`
}

/** Whether a text looks like one of our keys and can be none: a typo is found without asking anybody. */
export function isMistypedKey(text: string): boolean {
  const [, random, check] = FORM.exec(text) ?? []
  return random !== undefined && check !== checkOf(random)
}

/** Whether it is one of our keys, as far as can be told without asking anybody. */
export function isKeyText(text: string): boolean {
  return FORM.test(text) && !isMistypedKey(text)
}

/** Enough to tell keys apart, and too little to guess one. */
export function lastCharacters(key: string): string {
  return key.slice(-4)
}

function checkOf(random: string): string {
  let value = crc32(`${PREFIX}${random}`)
  let text = ''
  for (let index = 0; index < CHECK_CHARACTERS; index += 1) {
    text = ALPHABET.charAt(value % ALPHABET.length) + text
    value = Math.floor(value / ALPHABET.length)
  }
  return text
}
