import type { ConnectPolicy } from './policed-connect.ts'
import type { Dialed, DialRequest, DialUpstream, UpstreamDial } from './port.ts'

/** As `createDialer`, whose library for WebSockets is loaded for the first of them. */
export function createLateDialer(policy: () => ConnectPolicy): DialUpstream {
  let dialer: DialUpstream | undefined
  return (request) => dialer?.(request) ?? dialLate(load(), request)

  async function load(): Promise<DialUpstream> {
    const { createDialer } = await import('./dial.ts')
    dialer ??= createDialer(policy)
    return dialer
  }
}

function dialLate(loading: Promise<DialUpstream>, request: DialRequest): UpstreamDial {
  const { promise: dialed, resolve, reject } = Promise.withResolvers<Dialed>()
  // The relay may give up between the call and its await: a rejection then has no other listener.
  dialed.catch(() => {})
  let begun: UpstreamDial | undefined
  let given = false
  const begin = (dial: DialUpstream) => {
    if (given) return
    begun = dial(request)
    begun.dialed.then(resolve, reject)
  }
  loading.then(begin).catch(reject)
  return {
    dialed,
    abort(reason) {
      given = true
      reject(reason)
      begun?.abort(reason)
    },
  }
}
