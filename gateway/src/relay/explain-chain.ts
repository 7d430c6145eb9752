import type { Explanation } from '@jairouter/contract/management/explain'
import type { StepSkip } from '@jairouter/contract/management/reasons'
import type { FallbackStep, Route } from '../config/snapshot.ts'
import { defaultAnswer } from '../fallback/default-answer.ts'
import { readCacheControl } from '../fallback/cache-control.ts'
import { admitToFallback } from './admission.ts'
import { answersTo, causeOfFailure, routeOfStep } from './chain.ts'
import type { ExplainPorts, Resolved } from './explain.ts'
import type { Failure } from './failure.ts'
import type { LimitStates } from './limit-states.ts'
import { keepsAnswers, placeOf } from './remembered.ts'
import type { RouteStates } from './route-states.ts'

type Step = Explanation['fallback'][number]

export interface ChainAnswer {
  readonly steps: readonly Step[]
  /** What becomes of the request when its own model could not answer so; undefined where no step helps. */
  readonly after: (failure: Failure) => (Pick<Explanation, 'outcome'> & Partial<Explanation>) | undefined
}

interface ChainContext {
  readonly ports: Pick<ExplainPorts, 'answers' | 'wallClock'>
  /** Copies. */
  readonly states: RouteStates
  readonly limits: LimitStates
  readonly now: number
  /** Whom a route would ask first. */
  readonly stand: (route: Route) => string | null
}

/** The steps of the fallback chain as the request would meet them. */
export function explainChain(input: Resolved, context: ChainContext): ChainAnswer {
  const chain = input.route.policy.fallback
  const steps = chain.map((step) => describe(step, input, context))
  return {
    steps,
    after(failure) {
      const cause = causeOfFailure(failure)
      for (const [index, step] of chain.entries()) {
        const shown = steps[index]
        if (shown === undefined || shown.skipped !== undefined || !answersTo(step, { latest: cause, asked: cause })) continue
        if (step.kind === 'cache') return { outcome: 'cached', step: index }
        if (step.kind === 'response') return { outcome: 'answered', step: index }
        if (typeof shown.goesTo === 'string') return { outcome: 'asks', goesTo: shown.goesTo, step: index }
      }
      return undefined
    },
  }
}

function describe(step: FallbackStep, input: Resolved, context: ChainContext): Step {
  const place = { kind: step.kind, on: [...step.on] }
  if (step.kind === 'model') return { ...place, model: step.model, ...other(step.model, input, context) }
  const skipped = step.kind === 'cache' ? lastGood(step.maxAgeMs, input, context) : text(step.content, input, context)
  return skipped === undefined ? place : { ...place, skipped }
}

function other(model: string, input: Resolved, { states, limits, now, stand }: ChainContext): Pick<Step, 'goesTo' | 'skipped'> {
  const route = routeOfStep(model, input, { asked: input.route, states })
  if (typeof route === 'string') return { goesTo: null, skipped: route }
  if (admitToFallback({ ...input, route }, limits, now) === 'refused') return { goesTo: null, skipped: 'limited' }
  return { goesTo: stand(route) }
}

function lastGood(maxAgeMs: number, { call, client, key, route }: Resolved, { ports, now }: ChainContext): StepSkip | undefined {
  const use = readCacheControl(client.headers['cache-control'])
  if (!keepsAnswers(call, route) || !use.read) return 'no-answer'
  const bounded = Math.min(maxAgeMs, use.maxAgeMs)
  return ports.answers.lastGood.has(placeOf({ call, client, key }, route), { now, maxAgeMs: bounded }) ? undefined : 'no-answer'
}

function text(content: string, { call }: Resolved, { ports }: ChainContext): StepSkip | undefined {
  if (call.kind !== 'json') return 'no-text'
  const { endpoint, fields, model } = call
  const created = Math.floor(ports.wallClock() / 1_000)
  return defaultAnswer({ endpoint, fields, model, content, id: 'chatcmpl-explained', created }) === undefined ? 'no-text' : undefined
}
