import type { ExplainedAssignment } from '@jairouter/contract/management/explain'
import type { Experiment, Route } from '../config/snapshot.ts'
import { explainAssignment } from '../experiment/assign.ts'
import { assigneeOf } from './experiment.ts'
import { isCopied } from './shadow.ts'

/** The group that a request comes into, and its route. Where chance decides: the likeliest. */
export function explainPart(
  experiment: Experiment,
  input: Parameters<typeof assigneeOf>[0],
): { readonly route: Route; readonly shown: ExplainedAssignment } {
  const { groups, sticky, shadow } = experiment
  const { group, by, rule, chances } = explainAssignment(experiment, assigneeOf(input))
  const route = experiment.routes[group]
  if (route === undefined) throw new TypeError(`an experiment has no group ${group}`)
  const nameOf = (index: number) => groups[index]?.name ?? ''
  const copied = shadow !== undefined && shadow.group !== group && shadow.share > 0 && isCopied(input.call)
  const shown = {
    id: experiment.id,
    group: nameOf(group),
    by,
    rule: rule ?? null,
    sticky: sticky ?? null,
    chances: chances.map((share, index) => ({ group: nameOf(index), share })),
    shadow: copied ? { group: nameOf(shadow.group), share: shadow.share } : null,
  }
  return { route, shown }
}
