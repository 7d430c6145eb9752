/** Bytes that nobody can guess. */
export type RandomBytes = (length: number) => Uint8Array

/** 256 bits, to be sent in a header or a URL. */
export function randomToken(random: RandomBytes): string {
  return Buffer.from(random(32)).toString('base64url')
}

/** 80 bits: enough to be nobody else's, short enough to be read. */
export function randomId(random: RandomBytes): string {
  return Buffer.from(random(10)).toString('hex')
}
