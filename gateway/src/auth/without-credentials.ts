/** A key of the model APIs, a refresh token, an access token: what ours look like. */
const CREDENTIALS = /\bjr-[0-9A-Za-z]{38}(?![0-9A-Za-z])|\bjrr_[\w~-]+\.[\w-]+|\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g

/** A text that came from outside, as it may be shown and kept: people paste keys into paths and names. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(CREDENTIALS, '(a credential)')
}
