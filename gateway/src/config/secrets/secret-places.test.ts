import { isSecretName, NO_SECRETS, SECRET_PLACES } from '@jairouter/contract/secret-places'
import { describe, expect, it } from 'vitest'
import { accepts, knownKeys, rootPlace, stepInto, type SchemaPlace } from '../schema-walk.ts'
import { isSecretPath, mapSecrets } from './secret-places.ts'

/** Settings that take text, as `backends[].apiKey`; `*`: any key. */
function textSettings(place: SchemaPlace, path: string, depth = 0): string[] {
  if (depth > 8 || place.length === 0) return []
  const own = accepts(place, 'string') && path !== '' ? [path] : []
  const keys = knownKeys(place)
  const below = keys.flatMap((key) => textSettings(stepInto(place, key), path === '' ? key : `${path}.${key}`, depth + 1))
  const free = keys.length === 0 ? textSettings(stepInto(place, 'any-key'), `${path}.*`, depth + 1) : []
  return [...own, ...below, ...free, ...textSettings(stepInto(place, 0), `${path}[]`, depth + 1)]
}

function isInTable(setting: string): boolean {
  const path = setting.replaceAll('[]', '.*').split('.')
  return SECRET_PLACES.some((place) => place.path.length === path.length && place.path.every((part, index) => part === path[index]))
}

describe('places of secrets', () => {
  const settings = textSettings(rootPlace, '')

  it('are all there where a setting is called like a secret, or holds what servers are sent', () => {
    const suspects = settings.filter((setting) => {
      const [last = '', before = ''] = setting.replaceAll('[]', '').split('.').reverse()
      return isSecretName(last) || (last === '*' && /^(headers|query)$/.test(before))
    })
    expect(suspects.length).toBeGreaterThan(4)
    expect(suspects.filter((setting) => !isInTable(setting) && !NO_SECRETS.some((end) => setting.endsWith(end)))).toEqual([])
  })

  it('and what is none are settings', () => {
    const known = new Set(settings.map((setting) => setting.replaceAll('[]', '.*')))
    for (const { path } of SECRET_PLACES) expect(known).toContain(path.join('.'))
    for (const end of NO_SECRETS) expect(settings.some((setting) => setting.endsWith(end))).toBe(true)
  })

  it('are found in a config, under their names', () => {
    const config = {
      auth: { keys: [{ name: 'ci', key: 'a' }], mode: 'auto' },
      backends: [{ id: 'x', apiKey: 'b', headers: { any: 'c' } }],
      adapters: { mine: { headers: { 'x-api-key': 'd', 'x-version': '1' }, query: { 'api-version': '2', sig: '3', token: 'e' } } },
    }
    const seen: unknown[] = []
    const masked = mapSecrets(config, (value) => (seen.push(value), value === 'c' ? undefined : 'S'))
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(masked).toEqual({
      auth: { keys: [{ name: 'ci', key: 'S' }], mode: 'auto' },
      backends: [{ id: 'x', apiKey: 'S', headers: {} }],
      adapters: { mine: { headers: { 'x-api-key': 'S', 'x-version': '1' }, query: { 'api-version': '2', sig: '3', token: 'S' } } },
    })
    expect(isSecretPath([{ key: 'backends' }, { item: 'x' }, { key: 'apiKey' }])).toBe(true)
    expect(isSecretPath([{ key: 'backends' }, { item: 'x' }, { key: 'url' }])).toBe(false)
    expect(isSecretPath([{ key: 'backends' }, { item: 'x' }])).toBe(false)
  })
})
