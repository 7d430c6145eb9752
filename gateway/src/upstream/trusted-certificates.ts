/** The usual authorities, and one more. Asked of Node when needed: it keeps their 150 texts from then on. */
export function trustedCertificates(ca: string): string[] {
  return [...process.getBuiltinModule('node:tls').rootCertificates, ca]
}
