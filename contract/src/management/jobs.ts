import { z } from 'zod'
import { listQuerySchema } from './list.ts'

const JOB_STATES = ['running', 'done', 'failed', 'cancelled'] as const

export const jobSchema = z.object({
  id: z.string(),
  /** `drain`, `audit.verify` ... */
  kind: z.string(),
  /** What it works on. */
  target: z.string().optional(),
  by: z.string(),
  state: z.enum(JOB_STATES),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  /** As far as it has come; what that means is its kind's. */
  progress: z.record(z.string(), z.unknown()),
  result: z.unknown().optional(),
  /** Why it failed. */
  error: z.string().optional(),
})
export type Job = z.output<typeof jobSchema>

export const JOB_EXAMPLE: Job = {
  id: 'job-8d1f1c2e',
  kind: 'drain',
  target: 'instances/gpu-1/Qwen/Qwen3-8B',
  by: 'ada',
  state: 'running',
  startedAt: '2026-10-01T09:00:00.000Z',
  progress: { inFlight: 2 },
}

export const jobQuerySchema = listQuerySchema.extend({
  kind: z.string().max(100).optional(),
  state: z.enum(JOB_STATES).optional(),
})
