import type { Store } from '../port.ts'
import { StoreError } from '../store-error.ts'
import { ensureKey, KEY_VARIABLE, PREVIOUS_FILE, PREVIOUS_VARIABLE, readKeys, replaceKeyFile, type KeyEnvironment } from './key-source.ts'
import { rotateSecrets } from './rotate-secrets.ts'
import { KeyBox } from './secret-box.ts'

export interface KeyRotation {
  /** Documents that were written. */
  readonly documents: number
  readonly keyId: string
  /** What is left to do. */
  readonly hint: string
}

/**
 * Seals all secrets anew: with key files, with a new key that it makes; with the key in a variable, from the previous
 * key's to that one. Both keys are accepted all the while, so it may be interrupted anywhere and run again.
 */
export async function rotateKey(
  store: Store,
  { env, path }: { readonly env: KeyEnvironment; readonly path: string },
): Promise<KeyRotation> {
  ensureKey(env, path)
  const { from, previous } = readKeys(env, path)
  const reseal = () => {
    const box = new KeyBox(() => readKeys(env, path))
    return rotateSecrets(store, { from: box, to: box })
  }
  if (from === 'environment') {
    if (previous === undefined)
      throw new StoreError(
        'unavailable',
        `The key is in ${KEY_VARIABLE}: give a new one there, and the one in use until now in ${PREVIOUS_VARIABLE}`,
      )
    const documents = await reseal()
    const keyId = readKeys(env, path).current.id
    return { documents, keyId, hint: `Once every gateway has been restarted with the new key, ${PREVIOUS_VARIABLE} may go.` }
  }
  // What an interrupted rotation has left, or a gateway has sealed since with the key before: that key is about to go.
  let documents = await reseal()
  replaceKeyFile(path)
  documents += await reseal()
  const keyId = readKeys(env, path).current.id
  return { documents, keyId, hint: `Once every gateway has been restarted, ${PREVIOUS_FILE} may be removed.` }
}
