import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { formatSealed, type SealedParts } from './sealed-value.ts'

/** Bytes of a key: AES-256. */
export const KEY_BYTES = 32
/** NIST SP 800-38D 8.2: 96 bits. */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const ID_DIGITS = 12

/** One key, and what is done with it. The bytes themselves never leave. */
export class SecretKey {
  /** Tells keys apart, and says nothing about them. */
  readonly id: string
  readonly #cipher: Buffer
  readonly #digest: Buffer

  constructor(bytes: Buffer) {
    if (bytes.length !== KEY_BYTES) throw new RangeError('A secret key has 32 bytes')
    this.#cipher = derived(bytes, 'seal')
    this.#digest = derived(bytes, 'digest')
    this.id = derived(bytes, 'id').toString('hex').slice(0, ID_DIGITS)
  }

  /** `nonce`: 12 bytes of chance, never the same twice. */
  seal(text: string, purpose: string, nonce: Buffer): string {
    const cipher = createCipheriv('aes-256-gcm', this.#cipher, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(this.#context(purpose))
    const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return formatSealed({ keyId: this.id, purpose, bytes })
  }

  /** Undefined: it was changed, or sealed for something else, or by another key. */
  open({ bytes }: SealedParts, purpose: string): string | undefined {
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
    try {
      const cipher = createDecipheriv('aes-256-gcm', this.#cipher, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      cipher.setAAD(this.#context(purpose))
      cipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]).toString('utf8')
    } catch {
      return undefined
    }
  }

  /** HMAC-SHA-256 in hex. */
  digest(text: string): string {
    return createHmac('sha256', this.#digest).update(text).digest('hex')
  }

  #context(purpose: string): Buffer {
    return Buffer.from(`jairouter:v1:${this.id}:${purpose}`)
  }
}

function derived(bytes: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, '', `jairouter:${use}`, KEY_BYTES))
}

/** 32 bytes as hex or base64 (either alphabet); undefined: it is neither. */
export function parseKey(text: string): Buffer | undefined {
  const trimmed = text.trim()
  if (/^[\da-f]{64}$/i.test(trimmed)) return Buffer.from(trimmed, 'hex')
  if (!/^[\w+/-]{43}=?$/.test(trimmed)) return undefined
  const bytes = Buffer.from(trimmed, 'base64')
  return bytes.length === KEY_BYTES ? bytes : undefined
}
