import { randomBytes } from 'node:crypto'
import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import { ensureKey, KEY_FILE, KEY_VARIABLE, readKeys, type KeyEnvironment, type SecretKeys } from './key-source.ts'
import { parseSealed } from './sealed-value.ts'
import type { SecretBox } from './port.ts'
import { KEY_BYTES, SecretKey } from './secret-key.ts'

const NONCE_BYTES = 12

export interface SecretBoxOptions {
  readonly env: KeyEnvironment
  /** Folder of the key files; undefined: nothing outlives the process, nor does the key. */
  readonly path: string | undefined
  readonly log?: StoreLog
}

/** Rejects with a StoreError that names the variable or the file. */
export async function openSecretBox({ env, path, log }: SecretBoxOptions): Promise<KeyBox> {
  if (path === undefined) {
    const keys: SecretKeys = { current: new SecretKey(randomBytes(KEY_BYTES)), previous: undefined, from: 'file' }
    return new KeyBox(() => keys)
  }
  if (ensureKey(env, path))
    log?.info({ file: KEY_FILE }, 'made a key for the secrets in the store; without this file they cannot be read: keep a copy of it')
  return new KeyBox(() => readKeys(env, path))
}

/** Encrypts by AES-256-GCM. A sealed value says which key and what purpose it was sealed with. */
export class KeyBox implements SecretBox {
  readonly #read: () => SecretKeys
  #keys: SecretKeys

  constructor(read: () => SecretKeys) {
    this.#read = read
    this.#keys = read()
  }

  /** Of the key that seals. */
  get keyId(): string {
    return this.#keys.current.id
  }

  /** Something may still be sealed with the key before this one. */
  get hasPrevious(): boolean {
    return this.#keys.previous !== undefined
  }

  seal(text: string, purpose: string): string {
    return this.#keys.current.seal(text, purpose, randomBytes(NONCE_BYTES))
  }

  open(sealed: string, purpose: string): string {
    const parts = parseSealed(sealed)
    if (parts === undefined) throw new StoreError('damaged', 'What should be a sealed secret is none')
    if (parts.purpose !== purpose)
      throw new StoreError('damaged', `A secret that was sealed for ${parts.purpose} is not one for ${purpose}`)
    const text = this.#keyWith(parts.keyId).open(parts, purpose)
    if (text === undefined) throw new StoreError('damaged', `A secret for ${purpose} is not what was sealed`)
    return text
  }

  digest(text: string): string {
    return this.#keys.current.digest(text)
  }

  /** A key that is not known may have been made by a rotation while this process runs. */
  #keyWith(id: string): SecretKey {
    const key = find(this.#keys, id)
    if (key !== undefined) return key
    this.#keys = this.#read()
    const fresh = find(this.#keys, id)
    if (fresh !== undefined) return fresh
    throw new StoreError(
      'damaged',
      `A secret was sealed with another key (${id}; the one in use is ${this.keyId}): give the key that it was sealed with as ${KEY_VARIABLE}, or put its ${KEY_FILE} back into the folder of store.path`,
    )
  }
}

function find({ current, previous }: SecretKeys, id: string): SecretKey | undefined {
  return [current, previous].find((key) => key?.id === id)
}
