import { userAdapterSchema, type UserAdapter } from '@jairouter/contract/adapter'
import { BUILTIN_ADAPTERS, resolveAdapters } from '../adapters/registry.ts'
import { isObject, stringOf, type JsonObject } from '../lib/json.ts'
import type { ConfigState } from '../versions/config-desk.ts'
import { configCollection, type CollectionPorts } from './config/config-collection.ts'
import { isMasked } from './config/config-edits.ts'
import { sectionPlace, type LocatePlace } from './config/config-place.ts'
import { configSchema } from '@jairouter/contract/config'
import { z } from 'zod'
import { AdminProblem, type AnyRoute } from './route.ts'

const idSchema = configSchema.shape.backends.unwrap().element.shape.id

/** How each type of backend speaks: the user's own, which can be changed, beside the built-in ones. */
export function adapterRoutes(ports: CollectionPorts): readonly AnyRoute[] {
  return configCollection(
    {
      path: 'adapters',
      noun: 'adapter',
      tag: 'Adapters',
      key: 'id',
      keySchema: idSchema,
      shape: { id: idSchema, ...userAdapterSchema.shape, source: z.enum(['builtin', 'user']).optional() },
      locate,
      ids: ({ written }) => [...Object.keys(userAdapters(written)), ...BUILTIN_ADAPTERS.keys()],
      fields: {
        id: ({ id }) => stringOf(id),
        label: ({ label }) => stringOf(label),
        wire: ({ wire }) => stringOf(wire),
        source: ({ source }) => stringOf(source),
      },
      show: (written, { path }) => {
        const id = String(path[1])
        return { id, source: BUILTIN_ADAPTERS.has(id) ? 'builtin' : 'user', ...written }
      },
      // The id is the name of its place.
      toWritten: (fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'id')),
      mayWrite: (id) => {
        if (BUILTIN_ADAPTERS.has(id)) throw new AdminProblem('read_only', `"${id}" is built in; make one of another id that extends it`)
      },
      example: { id: 'my-vllm', extends: 'vllm', label: 'vLLM behind a proxy', auth: { scheme: 'header', header: 'x-api-key' } },
      examplePatch: { label: 'vLLM' },
    },
    ports,
  )
}

function locate(id: string): LocatePlace {
  return (state) => {
    const place = sectionPlace('adapters', id)(state)
    const builtin = BUILTIN_ADAPTERS.get(id)
    if (builtin !== undefined) return { ...place, written: { ...builtin }, effective: builtin }
    return { ...place, effective: place.written === undefined ? undefined : resolved(state, id) }
  }
}

/** Completed from what is written: texts that come from the environment stay as they are written, and are not shown. */
function resolved({ written }: ConfigState, id: string): unknown {
  const user = withoutMasks(userAdapters(written))
  return resolveAdapters(user).adapters.get(id)
}

function userAdapters(written: JsonObject): JsonObject {
  return isObject(written['adapters']) ? written['adapters'] : {}
}

function withoutMasks(user: JsonObject): Readonly<Record<string, UserAdapter>> {
  const text = JSON.stringify(user, (_key, value: unknown) => (isMasked(value) ? '****' : value))
  const parsed: unknown = JSON.parse(text)
  return Object.fromEntries(
    Object.entries(isObject(parsed) ? parsed : {}).flatMap(([id, adapter]) => {
      const read = userAdapterSchema.safeParse(adapter)
      return read.success ? [[id, read.data]] : []
    }),
  )
}
