/** Keeps secrets that must be read again. Whoever has the store alone has none of them. */
export interface SecretBox {
  /** `purpose`: what it is for (`backend:gpu-1`), bound to what is sealed: it opens for the same purpose only. */
  seal(text: string, purpose: string): string
  /** Throws a StoreError `damaged` where it was sealed with another key or for another purpose, or was changed. */
  open(sealed: string, purpose: string): string
  /** For looking up what need not be read again: HMAC-SHA-256 in hex, the same for equal secrets as long as the key is the same. */
  digest(text: string): string
}
