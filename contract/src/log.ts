import { z } from 'zod'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const logSchema = z
  .strictObject({
    level: z.enum(LOG_LEVELS).default('info'),
    /** Share of the requests that went well which get a line; those that failed always do. */
    sample: z.number().min(0).max(1).default(1),
  })
  .default({ level: 'info', sample: 1 })
