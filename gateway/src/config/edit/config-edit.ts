/** A step into the config: a key, a place in a list, or the item of a list whose `id` or `name` is so. */
export type ConfigStep = string | number | { readonly id: string } | { readonly name: string }
export type ConfigPath = readonly ConfigStep[]

/** One change of the config as it is written. */
export type ConfigEdit =
  /** RFC 7396 at this place: what is not named stays, null takes away. What is not there yet is made. */
  | { readonly op: 'merge'; readonly path: ConfigPath; readonly value: unknown }
  /** Replaces what is there, or is added. In a list: by the item's own `id` or `name`, at the end when new. */
  | { readonly op: 'put'; readonly path: ConfigPath; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: ConfigPath }

/** An edit that has no meaning where it is to be made. */
export class EditRefused extends Error {
  readonly reason: 'not_found' | 'invalid'
  readonly path: ConfigPath

  constructor(reason: EditRefused['reason'], path: ConfigPath, message: string) {
    super(message)
    this.name = 'EditRefused'
    this.reason = reason
    this.path = path
  }
}
