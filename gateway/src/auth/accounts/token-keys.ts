import { createPrivateKey, createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { TokenAlgorithm } from '@jairouter/contract/accounts'
import type { SecretBox } from '../../store/secrets/port.ts'
import type { AccountSettings } from '../../config/snapshot.ts'
import { isConflict, type AccountStore } from './account-store.ts'
import type { RandomBytes } from './random.ts'
import { SETTINGS } from './user-record.ts'

/** What access tokens are signed and checked with. */
export interface TokenKeys {
  readonly algorithm: TokenAlgorithm
  readonly sign: KeyObject | Uint8Array
  readonly verify: KeyObject | Uint8Array
  /** Of the key, so that a token says which one it was. */
  readonly keyId: string
}

export interface TokenKeysOptions {
  readonly accounts: AccountStore
  readonly box: SecretBox
  readonly settings: () => AccountSettings['tokens']
  /** PEM text. Throws where the file cannot be read, or others may read it. */
  readonly readKeyFile: (file: string) => Promise<string>
  readonly random: RandomBytes
}

const SECRET_ID = 'token-secret'
const PURPOSE = 'token-secret'
const LEAST_RSA_BITS = 2_048

/** The keys as config and store have them at the time. Throws an Error that may be shown to who runs the gateway. */
export function createTokenKeys(options: TokenKeysOptions): () => Promise<TokenKeys> {
  let fromFile: { readonly of: string; readonly keys: Promise<TokenKeys> } | undefined
  let fromStore: { readonly revision: number; readonly keys: TokenKeys } | undefined
  return async () => {
    const { algorithm, privateKeyFile } = options.settings()
    if (algorithm !== 'HS256' && privateKeyFile !== undefined) {
      const of = `${algorithm} ${privateKeyFile}`
      if (fromFile?.of !== of) fromFile = { of, keys: options.readKeyFile(privateKeyFile).then((pem) => readPem(pem, algorithm)) }
      const reading = fromFile
      return reading.keys.catch((error: unknown) => {
        // The file may be mended.
        if (fromFile === reading) fromFile = undefined
        throw error
      })
    }
    const { revision, sealed } = await storedSecret(options)
    if (fromStore?.revision !== revision) {
      const secret = Buffer.from(options.box.open(sealed, PURPOSE), 'base64url')
      fromStore = {
        revision,
        keys: { algorithm: 'HS256', sign: secret, verify: secret, keyId: hash('sha256', secret, 'hex').slice(0, 16) },
      }
    }
    return fromStore.keys
  }
}

/** Made where there is none; by one of several that start at once. */
async function storedSecret({ accounts, box, random }: TokenKeysOptions): Promise<{ readonly revision: number; readonly sealed: string }> {
  const known = await accounts.settings.get(SECRET_ID)
  if (known !== undefined) return { revision: known.revision, sealed: String(known.body['sealed']) }
  const sealed = box.seal(Buffer.from(random(32)).toString('base64url'), PURPOSE)
  try {
    return { revision: await accounts.commit([{ kind: 'put', collection: SETTINGS, id: SECRET_ID, body: { sealed }, expect: 0 }]), sealed }
  } catch (error) {
    const others = isConflict(error) ? await accounts.settings.fresh(SECRET_ID) : undefined
    if (others === undefined) throw error
    return { revision: others.revision, sealed: String(others.body['sealed']) }
  }
}

/** Throws an Error that says what is wrong with the key, and nothing of it. */
export function readPem(pem: string, algorithm: 'RS256' | 'ES256'): TokenKeys {
  const sign = parse(pem)
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = sign
  if (algorithm === 'RS256' && (type !== 'rsa' || (details?.modulusLength ?? 0) < LEAST_RSA_BITS)) {
    throw new Error(`auth.tokens.privateKeyFile: RS256 needs an RSA key of ${LEAST_RSA_BITS} bits or more`)
  }
  if (algorithm === 'ES256' && (type !== 'ec' || details?.namedCurve !== 'prime256v1')) {
    throw new Error('auth.tokens.privateKeyFile: ES256 needs an EC key on the curve P-256')
  }
  const verify = createPublicKey(sign)
  const keyId = hash('sha256', verify.export({ type: 'spki', format: 'der' }), 'hex').slice(0, 16)
  return { algorithm, sign, verify, keyId }
}

function parse(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new Error('auth.tokens.privateKeyFile: holds no private key in PEM that could be read')
  }
}
