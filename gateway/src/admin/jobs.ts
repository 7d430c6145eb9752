import { JOB_EXAMPLE, jobQuerySchema, jobSchema, type Job } from '@jairouter/contract/management/jobs'
import { listAnswerSchema } from '@jairouter/contract/management/list'
import { z } from 'zod'
import { auditWrite } from '../auth/audit/audit-entry.ts'
import type { Store } from '../store/port.ts'
import type { JobBoard } from './job-board.ts'
import { listPage } from './list-page.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface JobPorts {
  readonly jobs: JobBoard
  readonly store: Store
  /** Epoch milliseconds. */
  readonly now: () => number
}

const FIELDS = {
  id: ({ id }: Job) => id,
  kind: ({ kind }: Job) => kind,
  target: ({ target }: Job) => target,
  by: ({ by }: Job) => by,
  state: ({ state }: Job) => state,
  startedAt: ({ startedAt }: Job) => startedAt,
}

const params = z.object({ id: z.string() })

export function jobRoutes({ jobs, store, now }: JobPorts): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/jobs',
      permission: 'instances.read',
      tag: 'Jobs',
      summary: 'What takes longer than an answer: drains, verifications',
      description: 'Jobs are kept in memory: the last 200, until the gateway stops.',
      query: jobQuerySchema,
      answers: { 200: { description: 'Jobs', schema: listAnswerSchema(jobSchema) } },
      example: { answer: { items: [JOB_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-10-01T09:00:01.000Z' } },
      handle: ({ query }) => ({
        body: listPage(jobs.all(), query, { fields: FIELDS, id: ({ id }) => id, sort: '-startedAt', now: now() }),
      }),
    }),
    defineRoute({
      method: 'GET',
      path: '/jobs/:id',
      permission: 'instances.read',
      tag: 'Jobs',
      summary: 'How far a job has come',
      params,
      answers: { 200: { description: 'The job', schema: jobSchema } },
      example: { answer: JOB_EXAMPLE },
      handle: ({ params: { id } }) => ({ body: known(jobs.get(id)) }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/jobs/:id',
      permission: 'instances.operate',
      tag: 'Jobs',
      summary: 'Cancels a job',
      description: 'Of a drain only the waiting ends: the instance stays without requests until it is enabled.',
      params,
      answers: { 200: { description: 'The job as it has ended', schema: jobSchema } },
      example: { answer: { ...JOB_EXAMPLE, state: 'cancelled', endedAt: '2026-10-01T09:00:05.000Z' } },
      handle: async ({ params: { id }, origin }) => {
        const before = known(jobs.get(id))
        if (before.state === 'running')
          await store.commit([
            auditWrite(origin, { action: 'job.cancel', target: before.target ?? `jobs/${id}`, result: 'ok', time: now() }),
          ])
        return { body: known(jobs.cancel(id)) }
      },
    }),
  ]
}

function known(job: Job | undefined): Job {
  if (job === undefined) throw new AdminProblem('not_found', 'There is no such job; those of an earlier process are forgotten')
  return job
}
