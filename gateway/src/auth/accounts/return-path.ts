/** No scheme, no host, no way up: where the console may be entered after a sign-in. */
const SAFE = /^(?!\/)[A-Za-z0-9\-._~!$&'()*+,;=@%/?#]{0,500}$/

/** A path below `/admin/`, without a slash at its beginning; undefined for what leads anywhere else. */
export function returnPath(text: string): string | undefined {
  const path = text.replace(/^\/admin(?=\/|$)\/?/, '')
  if (!SAFE.test(path) || path.includes('//')) return undefined
  const base = 'http://host/admin/'
  // As browsers read it: `..`, also written %2e%2e, and a colon that makes a scheme.
  const url = URL.parse(path, base)
  if (url?.href.startsWith(base) !== true || url.pathname.startsWith('/admin/api/')) return undefined
  return /^[^/?#]*:/.test(path) ? undefined : path
}
