/** Where a secret may stand in the config. `*` stands for any key, and for each item of a list. */
export interface SecretPlace {
  readonly path: readonly string[]
  /** `stored`: sealed in the store, with `${secret:ID}` in its place · `digest`: only `sha256:` and its digest are kept, nobody has to read it again. */
  readonly as: 'stored' | 'digest'
  /** Only where the last key says that it is one. */
  readonly onlyIfNamedSo?: true
}

/** Ends of the paths of settings that are called as if they held a secret, and hold none. */
export const NO_SECRETS: readonly string[] = [
  '.privateKeyFile',
  '.hashKeys[]',
  '.firstToken',
  '.betweenTokens',
  '.experiment.rules[].keys[]',
  'expect[].key',
]

/** Every setting that may hold a secret. A test walks the schema for settings that are called as if they did. */
export const SECRET_PLACES: readonly SecretPlace[] = [
  { path: ['backends', '*', 'apiKey'], as: 'stored' },
  { path: ['backends', '*', 'headers', '*'], as: 'stored' },
  { path: ['auth', 'keys', '*', 'key'], as: 'digest' },
  { path: ['auth', 'oidc', '*', 'clientSecret'], as: 'stored' },
  { path: ['tracing', 'headers', '*'], as: 'stored' },
  { path: ['alerts', 'receivers', '*', 'secret'], as: 'stored' },
  { path: ['alerts', 'receivers', '*', 'headers', '*'], as: 'stored' },
  // With its password, as databases are named.
  { path: ['store', 'url'], as: 'stored' },
  { path: ['adapters', '*', 'headers', '*'], as: 'stored', onlyIfNamedSo: true },
  { path: ['adapters', '*', 'query', '*'], as: 'stored', onlyIfNamedSo: true },
]

const SECRET_NAME = /auth|key|token|secret|passw|pwd|cookie|credential|session|signature/i

/** Whether a setting, header or query parameter is called as secrets are. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}
