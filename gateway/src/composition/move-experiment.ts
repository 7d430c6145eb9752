import type { ConfigDesk, ConfigState } from '../versions/config-desk.ts'
import { DeskProblem } from '../versions/config-desk.ts'
import type { ExperimentMove } from '../versions/experiment-stepper.ts'

/** Writes the share of a group into the config, as a change of the gateway's own. */
export async function moveExperiment(desk: ConfigDesk, { service, model, group, share, reason }: ExperimentMove): Promise<void> {
  const indexIn = ({ config }: ConfigState) => config.models.findIndex((entry) => entry.name === model && entry.service === service)
  const index = indexIn(desk.state)
  if (index < 0) throw new DeskProblem('not_found', `There is no model "${model}" for ${service} any more`)
  const why = reason === undefined ? '' : `: ${reason === 'latency' ? 'it is too slow' : 'it fails too often'}`
  await desk.change({
    change: { edits: [{ op: 'merge', path: ['models', index, 'experiment', 'steps'], value: { at: share } }] },
    origin: { actor: { kind: 'system' } },
    // Names are not enough to find it: a model may be there for several services.
    precondition: (current) => {
      if (indexIn(current) !== index) throw new DeskProblem('conflict', 'The models were changed in the meantime')
    },
    action: reason === undefined ? 'experiment.step' : 'experiment.back',
    target: `experiments/${service}/${model}`,
    message: `${group} of ${model} gets ${share * 100} % of the traffic${why}`,
  })
}
