/** Every sealed value in a document begins so; nothing else may. */
const PREFIX = 'sealed:v1:'
const PARTS = 3

export interface SealedParts {
  readonly keyId: string
  readonly purpose: string
  /** Nonce, ciphertext and tag. */
  readonly bytes: Buffer
}

function isSealed(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(PREFIX)
}

export function formatSealed({ keyId, purpose, bytes }: SealedParts): string {
  return `${PREFIX}${keyId}:${Buffer.from(purpose).toString('base64url')}:${bytes.toString('base64url')}`
}

/** Undefined: it is none. */
export function parseSealed(sealed: string): SealedParts | undefined {
  if (!isSealed(sealed)) return undefined
  const parts = sealed.slice(PREFIX.length).split(':')
  const [keyId = '', purpose = '', content = ''] = parts
  if (parts.length !== PARTS || keyId === '') return undefined
  return { keyId, purpose: Buffer.from(purpose, 'base64url').toString('utf8'), bytes: Buffer.from(content, 'base64url') }
}

/** The same value with every sealed one in it replaced, at any depth; the very same where there is none to replace. */
export function mapSealed(value: unknown, replace: (sealed: string) => string): unknown {
  if (isSealed(value)) return replace(value)
  if (typeof value !== 'object' || value === null) return value
  let changed = false
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    const mapped = mapSealed(inner, replace)
    changed ||= mapped !== inner
    return [key, mapped]
  })
  if (!changed) return value
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}
