/**
 * Whether a request came by TLS: to us, or as a trusted proxy says. Of several values the last one counts, which is the
 * nearest proxy's.
 */
export function cameByTls(
  { encrypted, peer, forwardedProto }: { readonly encrypted: boolean; readonly peer: string; readonly forwardedProto: string | undefined },
  isTrusted: (peer: string) => boolean,
): boolean {
  if (encrypted) return true
  const proto = forwardedProto?.split(',').at(-1)?.trim().toLowerCase()
  return proto === 'https' && isTrusted(peer)
}
