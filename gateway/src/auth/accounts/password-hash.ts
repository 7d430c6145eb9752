/** How argon2id is made to cost: `m` memory in KiB, `t` passes, `p` lanes (RFC 9106). */
export interface HashCost {
  readonly m: number
  readonly t: number
  readonly p: number
}

/** OWASP's first choice for servers. 40 ms and 19 MiB for each try. */
export const HASH_COST: HashCost = { m: 19_456, t: 2, p: 1 }

/** Bytes. */
export const SALT_LENGTH = 16
export const HASH_LENGTH = 32

export interface PasswordHash {
  readonly cost: HashCost
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,88})\$([A-Za-z0-9+/]{22,88})$/

/** The PHC string format, in which the cost is part of the text: it can grow, and older hashes still be read. */
export function formatPasswordHash({ cost: { m, t, p }, salt, hash }: PasswordHash): string {
  return `$argon2id$v=19$m=${m},t=${t},p=${p}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Undefined for what is none. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, m, t, p, salt = '', hash = ''] = PHC.exec(text) ?? []
  if (m === undefined) return undefined
  return { cost: { m: Number(m), t: Number(t), p: Number(p) }, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

/** Whether it was made at less cost than is asked today. */
export function isOutdated({ cost }: PasswordHash, today: HashCost): boolean {
  return cost.m < today.m || cost.t < today.t || cost.p !== today.p
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
