import { isSecretName, SECRET_PLACES, type SecretPlace } from '@jairouter/contract/secret-places'
import { isObject } from '../../lib/json.ts'
import type { Plain, PlainMap } from '../edit/plain.ts'
import { nameOf } from '../edit/plain.ts'
import type { WrittenStep } from '../edit/config-path.ts'

type Path = readonly WrittenStep[]

/** What takes the place of what stands at a place of secrets; undefined takes it away. */
export type ChangeSecret = (value: Plain, at: { readonly as: SecretPlace['as']; readonly path: Path }) => Plain

/** A config as written, with everything that stands at a place of secrets changed. */
export function mapSecrets(written: PlainMap, change: ChangeSecret): PlainMap {
  const result = walk(written, { places: SECRET_PLACES, path: [] }, change)
  return isObject(result) ? result : {}
}

interface Position {
  readonly places: readonly SecretPlace[]
  readonly path: Path
}

function walk(value: Plain, { places, path }: Position, change: ChangeSecret): Plain {
  if (places.length === 0) return value
  const here = places.find((place) => place.path.length === path.length)
  if (here !== undefined) return change(value, { as: here.as, path })
  if (Array.isArray(value)) {
    return value.map((item, index) => {
      const step = { item: nameOf(item) ?? index }
      return walk(item, { places: below(places, path.length, undefined), path: [...path, step] }, change)
    })
  }
  if (!isObject(value)) return value
  const pairs = Object.entries(value).map(([key, inner]) => {
    return [key, walk(inner, { places: below(places, path.length, key), path: [...path, { key }] }, change)] as const
  })
  return Object.fromEntries(pairs.filter(([, inner]) => inner !== undefined))
}

function below(places: readonly SecretPlace[], depth: number, key: string | undefined): readonly SecretPlace[] {
  return places.filter(({ path, onlyIfNamedSo }) => {
    const part = path[depth]
    if (part !== '*') return part !== undefined && part === key
    const isLast = depth === path.length - 1
    return !(isLast && onlyIfNamedSo === true && key !== undefined && !isSecretName(key))
  })
}

/** Whether secrets stand at this place. */
export function isSecretPath(path: Path): boolean {
  let places: readonly SecretPlace[] = SECRET_PLACES
  for (const [depth, step] of path.entries()) places = below(places, depth, 'key' in step ? step.key : undefined)
  return places.some((place) => place.path.length === path.length)
}
