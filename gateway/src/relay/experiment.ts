import type { Experiment, Route } from '../config/snapshot.ts'
import { assignGroup, isShadowed, type Assignee } from '../experiment/assign.ts'
import type { ClientPort } from './client-port.ts'
import type { RelayInput } from './relay.ts'
import type { RelayPorts } from './ports.ts'
import { startShadow } from './shadow.ts'

/** The route of the group that the request is assigned to; a copy of it may go to the shadow group. */
export function takePart(experiment: Experiment, input: RelayInput, ports: RelayPorts): Route {
  const group = assignGroup(experiment, assigneeOf(input), ports.random)
  const route = experiment.routes[group]
  if (route === undefined) throw new TypeError(`an experiment has no group ${group}`)
  input.record.experiment = route.place
  if (experiment.shadow !== undefined && experiment.shadow.group !== group && isShadowed(experiment, ports.random))
    startShadow(experiment, input, ports)
  return route
}

export function assigneeOf({
  call,
  client,
  key,
}: Pick<RelayInput, 'call' | 'key'> & { readonly client: Pick<ClientPort, 'address' | 'headers'> }): Assignee {
  const user = call.kind === 'json' ? call.fields['user'] : undefined
  return {
    key: key?.name,
    tags: key?.tags ?? [],
    user: typeof user === 'string' ? user : undefined,
    address: client.address,
    header: (name) => client.headers[name]?.toString(),
  }
}
