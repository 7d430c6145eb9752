import {
  INSTANCE_EXAMPLE,
  INSTANCE_OPERATIONS,
  instanceQuerySchema,
  instanceSchema,
  operationAnswerSchema,
  operationBodySchema,
  type Instance,
  type InstanceOperation,
} from '@jairouter/contract/management/instances'
import { listAnswerSchema } from '@jairouter/contract/management/list'
import { z } from 'zod'
import { actorName } from '../auth/actor.ts'
import { auditWrite, type AuditAction, type Origin } from '../auth/audit/audit-entry.ts'
import type { Store } from '../store/port.ts'
import { drainTask } from './drain-task.ts'
import type { JobBoard } from './job-board.ts'
import { listPage } from './list-page.ts'
import type { LivePort } from './live-port.ts'
import { withOverride, type OverrideDesk } from './override-desk.ts'
import { AdminProblem, defineRoute, type AdminAnswer, type AnyRoute } from './route.ts'

export interface InstancePorts {
  readonly live: LivePort
  readonly overrides: OverrideDesk
  readonly jobs: JobBoard
  readonly store: Store
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Calls back again and again; returns the way to stop. */
  readonly every: (milliseconds: number, callback: () => void) => () => void
}

const FIELDS = {
  id: ({ id }: Instance) => id,
  backend: ({ backend }: Instance) => backend,
  model: ({ model }: Instance) => model,
  route: ({ routes }: Instance) => routes.map(({ model }) => model),
  status: ({ health }: Instance) => health.status,
  available: ({ available }: Instance) => available,
  breaker: ({ breaker }: Instance) => breaker.state,
  inFlight: ({ inFlight }: Instance) => inFlight,
  latencyMs: ({ latencyMs }: Instance) => latencyMs ?? undefined,
  override: ({ override }: Instance) => override?.kind,
}

export function instanceRoutes(ports: InstancePorts): AnyRoute[] {
  const { live, overrides, now } = ports
  return [
    defineRoute({
      method: 'GET',
      path: '/instances',
      permission: 'instances.read',
      tag: 'Instances',
      summary: 'What each instance is like just now',
      query: instanceQuerySchema,
      answers: { 200: { description: 'Instances of the config in force', schema: listAnswerSchema(instanceSchema) } },
      example: { answer: { items: [INSTANCE_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:00:01.000Z' } },
      handle: ({ query }) => {
        const instances = live.instances().map((instance) => withOverride(instance, overrides))
        return { body: listPage(instances, query, { fields: FIELDS, id: ({ id }) => id, sort: 'id', now: now() }) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/instances/*',
      permission: 'instances.read',
      tag: 'Instances',
      summary: 'One instance, by its id `backend/upstream-model`',
      description: 'Slashes of the id may be sent as they are or as `%2F`.',
      params: z.object({ '*': z.string() }),
      answers: { 200: { description: 'The instance', schema: instanceSchema } },
      example: { answer: INSTANCE_EXAMPLE },
      handle: ({ params }) => ({ body: withOverride(known(params['*'], live), overrides) }),
    }),
    defineRoute({
      method: 'POST',
      path: '/instances/*',
      permission: 'instances.operate',
      tag: 'Instances',
      summary: 'Operates an instance: `ID/enable`, `ID/disable`, `ID/drain`, `ID/probe` or `ID/reset`',
      description: [
        '`disable`: no request is sent to it from the next one on, even if it is the last; what is in flight ends as usual.',
        '`drain`: the same, with a job that ends when nothing is in flight any more; to cancel the job does not enable the instance.',
        '`enable` takes either back. `for` bounds both, and they outlive a restart. The config is not changed.',
        '`probe`: one health probe now. `reset`: its breaker, its pause and a refused credential are forgotten.',
      ].join('\n'),
      params: z.object({ '*': z.string() }),
      body: operationBodySchema,
      answers: {
        200: { description: 'Done', schema: operationAnswerSchema },
        202: { description: 'A drain has begun', schema: operationAnswerSchema },
      },
      example: { request: { for: '10m', reason: 'new driver' }, answer: { instance: INSTANCE_EXAMPLE } },
      handle: ({ params, body, origin }) => operate(params['*'], { forMs: body?.for, reason: body?.reason, origin }, ports),
    }),
  ]
}

interface Wish {
  readonly forMs: number | undefined
  readonly reason: string | undefined
  readonly origin: Origin
}

function operate(path: string, wish: Wish, ports: InstancePorts): Promise<AdminAnswer> {
  const at = path.lastIndexOf('/')
  const id = path.slice(0, at)
  const operation = INSTANCE_OPERATIONS.find((name) => name === path.slice(at + 1))
  if (operation === undefined) throw new AdminProblem('not_found', `An instance can be operated by ${INSTANCE_OPERATIONS.join(', ')}`)
  return OPERATIONS[operation](id, wish, ports)
}

const OPERATIONS: Readonly<Record<InstanceOperation, (id: string, wish: Wish, ports: InstancePorts) => Promise<AdminAnswer>>> = {
  async enable(id, { origin }, { live, overrides }) {
    // One that has left the config may still be held out for when it comes back.
    if (overrides.of(id) === undefined) known(id, live)
    await overrides.clear(id, origin)
    const instance = live.instance(id)
    return { body: instance === undefined ? {} : { instance } }
  },
  async disable(id, wish, { live, overrides }) {
    known(id, live)
    await overrides.set(id, { kind: 'disabled', ...wish })
    return { body: { instance: withOverride(known(id, live), overrides) } }
  },
  async drain(id, wish, ports) {
    const { live, overrides, jobs } = ports
    known(id, live)
    await overrides.set(id, { kind: 'draining', ...wish })
    const job = jobs.start({ kind: 'drain', target: `instances/${id}`, by: actorName(wish.origin.actor), run: drainTask(id, ports) })
    const instance = withOverride(known(id, live), overrides)
    return { status: 202, body: { instance, ...(job === undefined ? {} : { job: job.id }) } }
  },
  async probe(id, { origin }, ports) {
    const { live, overrides } = ports
    const { backend } = known(id, live)
    const probe = await live.probe(backend)
    await audit(ports, origin, { action: 'instance.probe', target: `instances/${id}`, after: probe })
    const instance = live.instance(id)
    return { body: { ...(instance === undefined ? {} : { instance: withOverride(instance, overrides) }), probe } }
  },
  async reset(id, { origin }, ports) {
    const { live, overrides } = ports
    const instance = known(id, live)
    // It is to be on record before it is done.
    await audit(ports, origin, { action: 'instance.reset', target: `instances/${id}`, before: barriers(instance) })
    const reset = live.reset(instance)
    return { body: { instance: withOverride(known(id, live), overrides), reset } }
  },
}

function barriers({ breaker, pausedUntil, credentialParkedUntil }: Instance): object {
  return {
    breaker: breaker.state,
    ...(pausedUntil === undefined ? {} : { pausedUntil }),
    ...(credentialParkedUntil === undefined ? {} : { credentialParkedUntil }),
  }
}

async function audit({ store, now }: InstancePorts, origin: Origin, action: Omit<AuditAction, 'result' | 'time'>): Promise<void> {
  await store.commit([auditWrite(origin, { ...action, result: 'ok', time: now() })])
}

function known(id: string, live: LivePort): Instance {
  const instance = live.instance(id)
  if (instance === undefined) throw new AdminProblem('not_found', 'There is no such instance in the config in force')
  return instance
}
