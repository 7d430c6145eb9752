import type { Config } from '@jairouter/contract/config'
import type { FallbackStepConfig } from '@jairouter/contract/fallback'
import { SERVICES, type Service } from '@jairouter/contract/names'
import { DEFAULT_CONDITIONS } from '../fallback/conditions.ts'
import { nearest } from '../lib/nearest.ts'
import type { Report } from './compile-problem.ts'
import type { FallbackStep } from './snapshot.ts'

/** A faulty step is left out; `checkFallbacks` reports it. */
export function compileFallback(steps: readonly FallbackStepConfig[]): readonly FallbackStep[] {
  return steps.flatMap(({ model, cache, response, on = DEFAULT_CONDITIONS }): FallbackStep[] => {
    if (model !== undefined) return [{ kind: 'model', model, on }]
    if (cache !== undefined) return [{ kind: 'cache', maxAgeMs: cache.maxAge, on }]
    return response === undefined ? [] : [{ kind: 'response', content: response.content, on }]
  })
}

/** What the check knows of a service's models. */
export interface KnownModels {
  /** Public names and aliases. */
  readonly names: (service: Service) => ReadonlySet<string>
  /** Some backend's models are not known yet: a name that is unknown may be one of them. */
  readonly incomplete: boolean
}

/** That each step is one thing, and leads to a model that there is. */
export function checkFallbacks(config: Config, models: KnownModels, report: Report): void {
  const check = (path: readonly (string | number)[], steps: readonly FallbackStepConfig[] | undefined, services: readonly Service[]) => {
    for (const [index, step] of (steps ?? []).entries()) checkStep([...path, 'fallback', index], step, { services, models, report })
  }
  // A step under `defaults` is of use if any service has the model.
  check(['defaults'], config.defaults.fallback, SERVICES)
  for (const service of SERVICES) check(['services', service], config.services[service]?.fallback, [service])
  for (const [index, model] of config.models.entries()) {
    check(['models', index], model.fallback, [model.service])
    const own = new Set([model.name, ...model.aliases])
    for (const [place, step] of (model.fallback ?? []).entries())
      if (step.model !== undefined && own.has(step.model)) report(['models', index, 'fallback', place, 'model'], 'is the model itself')
  }
}

function checkStep(
  path: readonly (string | number)[],
  step: FallbackStepConfig,
  { services, models, report }: { services: readonly Service[]; models: KnownModels; report: Report },
): void {
  const given = [step.model, step.cache, step.response].filter((part) => part !== undefined)
  if (given.length !== 1) return report(path, 'expected exactly one of model, cache and response')
  if (step.response !== undefined && !services.includes('chat'))
    return report([...path, 'response'], 'is for chat alone: an answer of another kind can only be computed')
  const { model } = step
  if (model === undefined || models.incomplete || services.some((service) => models.names(service).has(model))) return
  const known = services.flatMap((service) => [...models.names(service)])
  const meant = nearest(model, known)
  report([...path, 'model'], `unknown model "${model}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`)
}
