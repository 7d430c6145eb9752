import { contentRuleSchema } from '@jairouter/contract/content-rules'
import { isObject, listOf, objectsIn, stringOf } from '../lib/json.ts'
import { configCollection, type CollectionPorts } from './config/config-collection.ts'
import { itemPlace } from './config/config-place.ts'
import type { AnyRoute } from './route.ts'

const { shape } = contentRuleSchema

/** What is looked for in texts, as the config has it. */
export function contentRuleCollection(ports: CollectionPorts): readonly AnyRoute[] {
  return configCollection(
    {
      path: 'content-rules',
      noun: 'contentRule',
      tag: 'Content rules',
      key: 'name',
      keySchema: shape.name,
      shape,
      locate: (name) => itemPlace('contentRules', 'name', name),
      ids: ({ written }) => objectsIn(written['contentRules']).map(({ name }) => stringOf(name)),
      fields: {
        name: ({ name }) => stringOf(name),
        action: ({ action }) => stringOf(action),
        on: ({ on }) => listOf(on).map(stringOf),
        builtin: ({ match }) => (isObject(match) ? stringOf(match['builtin']) : ''),
      },
      example: { name: 'mail', match: { builtin: 'email' }, action: 'mask' },
      examplePatch: { action: 'block' },
    },
    ports,
  )
}
