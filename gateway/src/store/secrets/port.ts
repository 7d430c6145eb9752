/** Keeps secrets that must be read again. Whoever has the store alone has none of them. */
export interface SecretBox {
  /** `purpose` is bound to what is sealed: it opens for the same purpose only. */
  seal(text: string, purpose: string): string
  /** Throws where it was sealed with another key or for another purpose, or was changed. */
  open(sealed: string, purpose: string): string
  /** For looking up what need not be read again. */
  digest(text: string): string
}
