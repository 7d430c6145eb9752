import type { RequestInit } from 'undici'
import { createPolicedConnect, type ConnectPolicy } from './policed-connect.ts'

/** As Node's `fetch`, to where the policy allows and nowhere else; for what asks rarely: each request has a connection of its own. */
export function createPolicedFetch(policy: () => ConnectPolicy): (url: string, options?: object) => Promise<Response> {
  let ready: Promise<(url: string, options?: object) => Promise<Response>> | undefined
  return async (url, options) => {
    ready ??= load(policy)
    return (await ready)(url, options)
  }
}

async function load(policy: () => ConnectPolicy): Promise<(url: string, options?: object) => Promise<Response>> {
  const { Agent, fetch } = await import('undici')
  const dispatcher = new Agent({ connect: createPolicedConnect(policy), pipelining: 0 })
  // The package's own types of what Node has, too.
  return async (url, options) => (await fetch(url, { ...(options as RequestInit), dispatcher })) as unknown as Response
}
