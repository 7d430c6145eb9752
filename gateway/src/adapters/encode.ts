import type { EndpointId } from '@jairouter/contract/names'
import type { AdapterDefinition } from './definition.ts'

/**
 * The path and query of an endpoint below the backend's URL, or undefined when the adapter names none: the backend has no such endpoint, or has it where its wire format says.
 * `{model}` becomes the upstream model's name, percent-encoded as one segment.
 */
export function upstreamPath(adapter: AdapterDefinition, endpoint: EndpointId, model: string): string | undefined {
  const template = adapter.paths[endpoint]
  if (template === undefined || template === true) return undefined
  if (!template.includes('{model}')) return withQuery(adapter, template)
  // No encoding stops a server from reading these two as steps up or nowhere, which would lead to another path.
  if (model === '.' || model === '..') return undefined
  // A lone surrogate makes encodeURIComponent throw.
  return withQuery(adapter, template.replaceAll('{model}', encodeURIComponent(model.toWellFormed())))
}

/** A path with what the adapter appends to every request's URL; also for its model list and health path. */
export function withQuery(adapter: AdapterDefinition, path: string): string {
  const pairs = Object.entries(adapter.query)
  if (pairs.length === 0) return path
  return `${path}${path.includes('?') ? '&' : '?'}${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`
}

/** The header that carries the backend's key, named in lower case; none without a key or where the adapter takes none. */
export function credentialHeaders(adapter: AdapterDefinition, apiKey: string | undefined): Record<string, string> {
  if (apiKey === undefined || apiKey === '') return {}
  switch (adapter.auth.scheme) {
    case 'bearer':
      return { authorization: `Bearer ${apiKey}` }
    case 'header':
      return { [adapter.auth.header]: apiKey }
    case 'none':
      return {}
  }
}
