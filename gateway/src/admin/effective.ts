import type { Config } from '@jairouter/contract/config'
import { effectivePolicySchema, effectiveQuerySchema } from '@jairouter/contract/management/effective'
import { SERVICES, type Service } from '@jairouter/contract/names'
import { effectivePolicy, type PolicyScope } from '../config/effective-policy.ts'
import type { Snapshot } from '../config/snapshot.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface EffectiveRouteOptions {
  /** In force. */
  readonly config: () => Config
  readonly snapshot: () => Snapshot
}

/** Every value of a policy, and which place of the config says it. */
export function effectiveRoutes({ config, snapshot }: EffectiveRouteOptions): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/config/effective',
      permission: 'config.read',
      tag: 'Config',
      summary: 'The policy that holds for a service, a model or a backend, with the place that says each value',
      query: effectiveQuerySchema,
      answers: {
        200: { description: 'Values by the names of their settings, and all limits that hold together', schema: effectivePolicySchema },
      },
      handle: ({ query }) => {
        const scope = scopeOf(query, snapshot())
        const effective = scope === undefined ? undefined : effectivePolicy(config(), scope)
        if (effective === undefined) throw new AdminProblem('not_found', `The config has nothing that is ${query.scope}`)
        return { body: effective }
      },
    }),
  ]
}

interface Asked {
  readonly scope: string
  readonly service?: Service | undefined
  readonly model?: string | undefined
}

function scopeOf({ scope, service, model }: Asked, { routes }: Snapshot): PolicyScope | undefined {
  const at = scope.indexOf(':')
  const [kind, name] = [scope.slice(0, at), scope.slice(at + 1)]
  if (kind === 'service') {
    const known = SERVICES.find((one) => one === name)
    return known === undefined ? undefined : { service: known }
  }
  const having = (wanted: string) => SERVICES.find((one) => routes.get(one)?.has(wanted) === true)
  if (kind === 'model') {
    const found = service ?? having(name)
    return found !== undefined && routes.get(found)?.has(name) === true ? { service: found, model: name } : undefined
  }
  return { service: service ?? 'chat', backend: name, ...(model === undefined ? {} : { model }) }
}
