import type { Service } from '@jairouter/contract/names'
import type { AdapterDefinition } from '../adapters/definition.ts'
import type { Backend } from '../config/snapshot.ts'

/** Whom the questions go to, and what is believed of it. */
export interface Subject {
  readonly backend: Backend
  /** The config's type and those that it extends, down to the built-in one; empty for an address that is in no config. */
  readonly types: readonly string[]
  /** The upstream's names of the models that the config names. */
  readonly named: readonly string[]
  /** The config lists the backend's models itself, so that others which it has are not used. */
  readonly listed: boolean
  /** What the config uses it for by name. */
  readonly services: ReadonlySet<Service>
}

/** Headers that carry a credential wherever they stand in the config. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'xi-api-key', 'cookie'])

function isCredential(adapter: AdapterDefinition, header: string): boolean {
  const name = header.toLowerCase()
  return CREDENTIALS.has(name) || (adapter.auth.scheme === 'header' && adapter.auth.header === name)
}

/** A key is sent: the backend's, or one that stands among its headers. */
export function hasKey({ adapter, apiKey, headers }: Backend): boolean {
  if (apiKey !== undefined && apiKey !== '' && adapter.auth.scheme !== 'none') return true
  return Object.keys(headers).some((name) => isCredential(adapter, name))
}

/** The backend as somebody without its key would ask it. */
export function withoutKey(backend: Backend): Backend {
  const { apiKey: _apiKey, ...rest } = backend
  const headers = Object.entries(backend.headers).filter(([name]) => !isCredential(backend.adapter, name))
  return { ...rest, headers: Object.fromEntries(headers) }
}
