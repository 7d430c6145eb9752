/**
 * `conflict`: an `expect` did not hold, or another process holds the store · `full`: no room · `unavailable`: it can't be
 * read or written at the moment · `damaged`: what is there is not what was written · `newer`: a later version of JAiRouter
 * has written it.
 */
export type StoreErrorKind = 'conflict' | 'full' | 'unavailable' | 'damaged' | 'newer'

/** A store could not do what it was asked. The message may be shown to who runs the gateway; it holds no document and no secret. */
export class StoreError extends Error {
  readonly kind: StoreErrorKind

  constructor(kind: StoreErrorKind, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'StoreError'
    this.kind = kind
  }
}
