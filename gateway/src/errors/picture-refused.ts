/** A picture that the gateway was to fetch for a backend, and did not. The message is for the client: no address that a name resolved to, nor where a redirect led. */
export class PictureRefused extends Error {
  readonly reason: 'not-allowed' | 'unreachable' | 'too-large' | 'not-an-image' | 'too-slow'

  constructor(reason: PictureRefused['reason'], message: string) {
    super(message)
    this.name = 'PictureRefused'
    this.reason = reason
  }
}
