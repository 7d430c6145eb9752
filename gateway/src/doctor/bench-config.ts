import { configSchema, type Config } from '@jairouter/contract/config'
import { compile } from '../config/compile.ts'
import { compilePolicy } from '../config/compile-policy.ts'
import type { Policy } from '../config/snapshot.ts'
import { SIMULATED_MODEL } from './conversation.ts'
import type { DoctorInstance, DoctorPolicies, PolicySettings } from './policies.ts'
import { hurried, type Hurry } from './time-scale.ts'

/** A simulated server's place in the config. */
export interface Seat {
  /** The backend's id. */
  readonly id: string
  /** The public model that it stands behind. */
  readonly model: string
  readonly instance: DoctorInstance
}

/** Those of the examined model come first. */
export function seatsOf({ model, models }: DoctorPolicies): readonly Seat[] {
  const names = [model, ...Object.keys(models).filter((name) => name !== model)]
  return names.flatMap((name, place) =>
    (models[name]?.instances ?? [{}]).map((instance, index) => ({ id: `server-${place + 1}-${index + 1}`, model: name, instance })),
  )
}

/** The policies over simulated servers at `urlOf` them. Throws a ZodError. */
export function benchConfig(policies: DoctorPolicies, { urlOf, ...hurry }: Hurry & { readonly urlOf: (id: string) => string }): Config {
  const seats = seatsOf(policies)
  const names = [...new Set(seats.map(({ model }) => model))]
  return configSchema.parse({
    server: { port: 0, drain: { accept: '0ms', grace: '0ms' } },
    auth: { mode: 'none' },
    log: { level: 'silent' },
    backends: seats.map(({ id, instance }) => ({
      id,
      type: 'openai-compatible',
      url: urlOf(id),
      models: [{ name: SIMULATED_MODEL, services: ['chat'] }],
      // What a server sees is then the requests' own doing.
      health: { enabled: false },
      ...asObject(hurried(instance, hurry)),
    })),
    models: names.map((name) => ({
      name,
      targets: seats.filter(({ model }) => model === name).map(({ id }) => ({ backend: id, model: SIMULATED_MODEL })),
      ...asObject(hurried(policies.models[name]?.policy ?? {}, hurry)),
    })),
    defaults: hurried(withBuiltinDurations(policies.defaults ?? {}), hurry),
    services: { chat: hurried(policies.chat ?? {}, hurry) },
  })
}

/** What holds for the examined model in the end, in real time. Throws where the policies contradict each other. */
export function effectivePolicy(policies: DoctorPolicies): Policy {
  const config = benchConfig(policies, { speed: 1, timed: true, urlOf: () => 'http://127.0.0.1:9' })
  const compiled = compile(config, new Map(), { generation: 0 })
  if ('problems' in compiled) throw new Error(compiled.problems.map(({ message }) => message).join('; '))
  const route = compiled.snapshot.routes.get('chat')?.get(policies.model)
  if (route === undefined) throw new Error(`there is no model "${policies.model}"`)
  return route.policy
}

/** What holds where nobody says anything is in real time, and so has to be said, too. */
function withBuiltinDurations(defaults: PolicySettings): object {
  const { timeouts, retry, breaker, slowStartMs } = compilePolicy([])
  return {
    slowStart: slowStartMs,
    ...defaults,
    timeouts: { ...timeouts, ...defaults.timeouts },
    retry: { maxWait: retry.maxWaitMs, ...defaults.retry },
    breaker: { window: breaker.windowMs, openFor: breaker.openForMs, maxOpenFor: breaker.maxOpenForMs, ...defaults.breaker },
  }
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}
