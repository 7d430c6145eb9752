import { configSchema } from '@jairouter/contract/config'
import { listOf, objectsIn, stringOf } from '../lib/json.ts'
import { configCollection, type CollectionPorts } from './config/config-collection.ts'
import { itemPlace } from './config/config-place.ts'
import type { AnyRoute } from './route.ts'

const { shape } = configSchema.shape.models.unwrap().element

/** Public names over chosen instances, with their policies. */
export function modelRoutes(ports: CollectionPorts): readonly AnyRoute[] {
  return configCollection(
    {
      path: 'models',
      noun: 'model',
      tag: 'Models',
      key: 'name',
      slashes: true,
      keySchema: shape.name,
      shape,
      locate: (name) => itemPlace('models', 'name', name),
      ids: ({ written }) => objectsIn(written['models']).map(({ name }) => stringOf(name)),
      fields: {
        name: ({ name }) => stringOf(name),
        service: ({ service }) => (service === undefined ? 'chat' : stringOf(service)),
        alias: ({ aliases }) => listOf(aliases).map(stringOf),
        backend: ({ targets }) => objectsIn(targets).map(({ backend }) => stringOf(backend)),
        balance: ({ balance }) => stringOf(balance),
      },
      example: {
        name: 'smart',
        aliases: ['gpt-4o'],
        service: 'chat',
        targets: [{ backend: 'gpu-1', model: 'Qwen/Qwen3-8B', weight: 9 }],
        balance: 'least-connections',
      },
      examplePatch: { balance: 'round-robin', aliases: null },
    },
    ports,
  )
}
