import { configSchema } from '@jairouter/contract/config'
import { readWritten } from './edit/written.ts'
import { interpolate, type Environment } from './interpolate.ts'
import type { ConfigTexts } from './source.ts'
import type { StoreSettings } from './snapshot.ts'

/**
 * Where the store is, by the `store` section alone: it has to be open before a config that refers to stored secrets can
 * be read. Undefined where that section can't be used; reading the whole config says why.
 */
export function readStoreSettings({ text, overlay }: ConfigTexts, env: Environment): StoreSettings | undefined {
  const written = readWritten(text, overlay)
  if ('problems' in written) return undefined
  const section = resolve(written.value['store'] ?? {}, env)
  const read = section === undefined ? undefined : configSchema.shape.store.safeParse(section)
  if (read?.success !== true) return undefined
  const { type, path, url } = read.data
  return { type, path, ...(url === undefined ? {} : { url }) }
}

function resolve(section: unknown, env: Environment): Record<string, unknown> | undefined {
  if (typeof section !== 'object' || section === null) return undefined
  const values: [string, unknown][] = []
  for (const [key, value] of Object.entries(section)) {
    const found = typeof value === 'string' ? interpolate(value, { env }) : { value }
    if ('problem' in found) return undefined
    if (found.value !== null) values.push([key, found.value])
  }
  return Object.fromEntries(values)
}
