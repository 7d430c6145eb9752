/** `text/html` of `Text/HTML; charset=x`; '' for what is no media type. What else a sender writes there is its own text. */
export function mediaTypeOf(contentType: string): string {
  return /^\s*([\w.+-]{1,64}\/[\w.+-]{1,64})\s*(?:;|$)/.exec(contentType)?.[1]?.toLowerCase() ?? ''
}
