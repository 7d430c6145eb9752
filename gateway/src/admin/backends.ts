import { configSchema } from '@jairouter/contract/config'
import { z } from 'zod'
import { isObject, listOf, objectsIn, stringOf } from '../lib/json.ts'
import { maskedSecretSchema } from './config/config-answers.ts'
import { configCollection, type CollectionPorts } from './config/config-collection.ts'
import { itemPlace } from './config/config-place.ts'
import type { AnyRoute } from './route.ts'

const { shape } = configSchema.shape.backends.unwrap().element

/** The model servers, as the config has them. */
export function backendRoutes(ports: CollectionPorts): readonly AnyRoute[] {
  return configCollection(
    {
      path: 'backends',
      noun: 'backend',
      tag: 'Backends',
      key: 'id',
      keySchema: shape.id,
      shape: { ...shape, apiKey: z.union([z.string(), maskedSecretSchema]).optional() },
      locate: (id) => itemPlace('backends', 'id', id),
      ids: ({ written }) => objectsIn(written['backends']).map(({ id }) => stringOf(id)),
      fields: {
        id: ({ id }) => stringOf(id),
        type: ({ type }) => stringOf(type),
        url: ({ url }) => stringOf(url),
        enabled: ({ enabled }) => enabled !== false,
        weight: ({ weight }) => (typeof weight === 'number' ? weight : 1),
        model: ({ models }) => listOf(models).map((model) => stringOf(isObject(model) ? model['name'] : model)),
      },
      example: { id: 'gpu-1', type: 'vllm', url: 'http://10.0.0.5:8000', apiKey: '${VLLM_KEY}', weight: 3, models: 'auto' },
      examplePatch: { weight: 1, enabled: false },
    },
    ports,
  )
}
