import { alertReceiverSchema, alertRuleSchema } from '@jairouter/contract/alerts'
import { isObject, objectsIn, stringOf, type JsonObject } from '../lib/json.ts'
import type { ConfigState } from '../versions/config-desk.ts'
import { configCollection, type CollectionPorts } from './config/config-collection.ts'
import { itemPlace } from './config/config-place.ts'
import type { AnyRoute } from './route.ts'

const tag = 'Alerts'

/** Rules and receivers of alerts, as the config has them; their other settings are at `/settings/alerts`. */
export function alertCollections(ports: CollectionPorts): readonly AnyRoute[] {
  return [
    ...configCollection(
      {
        path: 'alert-rules',
        noun: 'alertRule',
        tag,
        key: 'name',
        keySchema: alertRuleSchema.shape.name,
        shape: alertRuleSchema.shape,
        locate: (name) => itemPlace(['alerts', 'rules'], 'name', name),
        ids: (state) => namesIn(state, 'rules'),
        fields: {
          name: ({ name }) => stringOf(name),
          kind: ({ kind }) => stringOf(kind),
          severity: ({ severity }) => stringOf(severity),
        },
        example: { name: 'smart-errors', kind: 'error-rate', above: 0.05, only: { model: 'smart' }, for: '2m', severity: 'critical' },
        examplePatch: { above: 0.1 },
      },
      ports,
    ),
    ...configCollection(
      {
        path: 'alert-receivers',
        noun: 'alertReceiver',
        tag,
        key: 'name',
        keySchema: alertReceiverSchema.shape.name,
        shape: alertReceiverSchema.shape,
        locate: (name) => itemPlace(['alerts', 'receivers'], 'name', name),
        ids: (state) => namesIn(state, 'receivers'),
        fields: { name: ({ name }) => stringOf(name), url: ({ url }) => stringOf(url) },
        example: { name: 'ops', url: 'https://alerts.example/hook', secret: 'a secret of 16 characters or more' },
        examplePatch: { timeout: '5s' },
      },
      ports,
    ),
  ]
}

function namesIn({ written }: ConfigState, list: 'rules' | 'receivers'): readonly string[] {
  const alerts: unknown = written['alerts']
  const section: JsonObject = isObject(alerts) ? alerts : {}
  return objectsIn(section[list]).map(({ name }) => stringOf(name))
}
