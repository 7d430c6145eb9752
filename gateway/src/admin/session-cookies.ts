/**
 * What a browser keeps. Over TLS, the prefix `__Host-` has it see to it that no neighbour under the same domain has set
 * them; it demands the path `/`. Without TLS that path is needed as well: a proxy may have put something before `/admin`.
 */
export interface CookieNames {
  readonly access: string
  readonly refresh: string
  /** While its user is at an identity provider. */
  readonly oidc: string
}

const SECURE: CookieNames = { access: '__Host-jairouter', refresh: '__Host-jairouter-refresh', oidc: '__Host-jairouter-oidc' }
const PLAIN: CookieNames = { access: 'jairouter_session', refresh: 'jairouter_refresh', oidc: 'jairouter_oidc' }

export function cookieNames(secure: boolean): CookieNames {
  return secure ? SECURE : PLAIN
}

/** Undefined where it is not there, or there twice: then somebody else has set one. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const found = (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : []
  })
  return found.length === 1 && found[0] !== '' ? found[0] : undefined
}

/** No script can read it, and no other site have it sent; with `lax`, other sites may lead to us with it. */
export function writeCookie(
  name: string,
  value: string,
  { secure, maxAgeMs, sameSite = 'Strict' }: { readonly secure: boolean; readonly maxAgeMs: number; readonly sameSite?: 'Strict' | 'Lax' },
): string {
  const seconds = Math.max(0, Math.floor(maxAgeMs / 1_000))
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}${secure ? '; Secure' : ''}`
}

export function dropCookie(name: string, secure: boolean): string {
  return writeCookie(name, '', { secure, maxAgeMs: 0 })
}
