type HeaderMap = Readonly<Record<string, string>>

const ALWAYS: HeaderMap = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

/** What data says to a browser that is made to show it as a page: nothing may be loaded, run or framed. */
export const DATA_HEADERS: HeaderMap = {
  ...ALWAYS,
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** Pages whose scripts are files of their own. Swagger UI writes styles into its elements, and draws its icons as `data:` images. */
export const PAGE_HEADERS: HeaderMap = {
  ...ALWAYS,
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
}
