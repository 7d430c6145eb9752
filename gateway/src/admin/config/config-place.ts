import { isObject, listOf, type JsonObject } from '../../lib/json.ts'
import { pointerSegment } from '../../lib/strict-json.ts'
import type { ConfigPath, ConfigState } from '../../versions/config-desk.ts'
import { effectiveOf } from './effective.ts'

/** Where a resource of the management API stands in the config, or would. */
export interface ConfigPlace {
  readonly path: ConfigPath
  /** JSON pointer into the config. */
  readonly pointer: string
  /** As it is written, secrets masked; undefined where there is none. */
  readonly written: JsonObject | undefined
  /** As it holds, secrets masked. */
  readonly effective: unknown
}

export type LocatePlace = (state: ConfigState) => ConfigPlace

/** An item of a list, found by its own `id` or `name`. A new one comes at the end. */
export function itemPlace(section: string | readonly string[], key: 'id' | 'name', id: string): LocatePlace {
  const keys = typeof section === 'string' ? [section] : section
  return ({ written, config }) => {
    const list = listOf(inside(written, keys))
    const found = list.findIndex((item) => isObject(item) && item[key] === id)
    const item = list[found]
    const holds = listOf(inside(config, keys)).find((item) => isObject(item) && item[key] === id)
    return {
      path: [...keys, key === 'id' ? { id } : { name: id }],
      pointer: `${keys.map(pointerSegment).join('')}/${found < 0 ? list.length : found}`,
      written: isObject(item) ? item : undefined,
      effective: effectiveOf(holds, item),
    }
  }
}

/** A section, or a part of one, that is found by its keys. */
export function sectionPlace(...keys: readonly string[]): LocatePlace {
  return ({ written, config }) => {
    const value = inside(written, keys)
    return {
      path: keys,
      pointer: keys.map(pointerSegment).join(''),
      written: isObject(value) ? value : undefined,
      effective: effectiveOf(inside(config, keys), value),
    }
  }
}

/** A list whose items have no names, so that it is changed as a whole: as the only field of what is shown. */
export function listPlace(section: string): LocatePlace {
  return ({ written, config }) => ({
    path: [],
    pointer: '',
    written: { [section]: listOf(written[section]) },
    effective: { [section]: Reflect.get(config, section) },
  })
}

function inside(root: unknown, keys: readonly string[]): unknown {
  let value = root
  for (const key of keys) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return value
}
