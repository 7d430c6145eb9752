import type { AdapterDefinition } from '../adapters/definition.ts'
import type { AddressPolicy } from '../lib/address-policy.ts'
import { hostKindOf, isLoopbackHost, isUnspecifiedHost } from './addresses.ts'

export interface BackendAddress {
  readonly origin: string
  readonly basePath: string
}

export interface OwnAddress {
  readonly host: string
  readonly port: number
  /** Where it is written, `server.port` when left out. */
  readonly setting?: string
}

export interface Surroundings {
  readonly own: readonly OwnAddress[]
  readonly network: AddressPolicy
}

/** Splits a backend's URL, or says what is wrong with it. The text never shows the URL: it may hold a password. */
export function parseBackendUrl(
  text: string,
  adapter: AdapterDefinition,
  { own, network }: Surroundings,
): BackendAddress | { message: string } {
  if (!URL.canParse(text)) return { message: 'expected a URL such as http://10.0.0.5:8000' }
  const url = new URL(text)
  const message =
    refusal(url) ?? addressRefusal(url, network) ?? pointlessPath(url, adapter) ?? own.map((each) => selfReference(url, each)).find(Boolean)
  if (message !== undefined) return { message }
  return { origin: url.origin, basePath: url.pathname.replace(/\/+$/, '') }
}

function refusal(url: URL): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'expected a URL that begins with http:// or https://'
  if (url.username !== '' || url.password !== '')
    return 'holds a user name or password; give the key as apiKey, other credentials under headers'
  if (url.search !== '') return 'has a query; an adapter of your own can add one to each request (adapters.NAME.query)'
  if (url.hash !== '') return 'has a fragment (#...), which is never sent; leave it out'
  return undefined
}

/** What a name leads to is checked when a connection is made: it may be another address each time. */
export function addressRefusal(url: URL, { privateAddresses }: AddressPolicy): string | undefined {
  const kind = hostKindOf(url.hostname)
  if (isUnspecifiedHost(url.hostname)) return 'is the address that stands for all of a machine; name one of them, such as 127.0.0.1'
  if (kind === 'forbidden') return 'is a link-local, multicast or cloud metadata address, to which no connection is ever made'
  if (kind === 'private' && !privateAddresses) return 'is a private address, which network.privateAddresses rules out'
  return undefined
}

/** `http://host/v1`, as it is written for an OpenAI client, would become /v1/v1/chat/completions. */
function pointlessPath(url: URL, adapter: AdapterDefinition): string | undefined {
  const base = url.pathname.replace(/\/+$/, '')
  if (!/\/v\d+(?:beta)?$/.test(base)) return undefined
  const paths = [...Object.values(adapter.paths), ...(adapter.models?.paths ?? [])].filter((path) => path !== true)
  const starts = [...base.matchAll(/\//g)].map((slash) => base.slice(slash.index))
  const twice = starts.find((start) => paths.some((path) => path.startsWith(`${start}/`)))
  if (twice === undefined) return undefined
  return `ends in ${twice}, which adapter "${adapter.id}" adds itself; leave it out`
}

/** A request to ourselves would be relayed to ourselves again, until something gives way. */
function selfReference(url: URL, own: OwnAddress): string | undefined {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  const listensThere = isLoopbackHost(own.host) || isUnspecifiedHost(own.host)
  if (port !== own.port || !listensThere || !isLoopbackHost(url.hostname)) return undefined
  return `is the address of the gateway itself (${own.setting ?? 'server.port'} is ${own.port}); change one of the two`
}
