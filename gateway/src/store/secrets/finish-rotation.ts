import type { Store } from '../port.ts'
import { StoreError } from '../store-error.ts'
import type { StoreLog } from '../store-log.ts'
import { rotateSecrets } from './rotate-secrets.ts'
import type { KeyBox } from './secret-box.ts'

/**
 * At the start, as long as there is a previous key: what this or another process has sealed with it since the rotation,
 * because it had not been restarted yet, is sealed anew, so that the previous key may go. Where the store refuses that,
 * the next start does it.
 */
export async function finishRotation(store: Store, box: KeyBox, log: StoreLog): Promise<void> {
  if (!box.hasPrevious) return
  try {
    const documents = await rotateSecrets(store, { from: box, to: box })
    if (documents > 0) log.info({ documents, key: box.keyId }, 'sealed anew what was sealed with the previous key')
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    log.warn({ error }, 'what is sealed with the previous key could not be sealed anew; keep that key until a start has done it')
  }
}
