import { z } from 'zod'
import { LOG_LEVELS } from '../log.ts'
import { duration } from '../units.ts'

const DAY_MS = 86_400_000

export const logLevelSchema = z.object({
  /** In force now. */
  level: z.enum(LOG_LEVELS),
  /** `log.level` of the config. */
  configured: z.enum(LOG_LEVELS),
  override: z.object({ level: z.enum(LOG_LEVELS), by: z.string(), since: z.iso.datetime(), until: z.iso.datetime() }).optional(),
})
export type ShownLogLevel = z.output<typeof logLevelSchema>

export const setLogLevelSchema = z.strictObject({
  level: z.enum(LOG_LEVELS),
  /** Then that of the config holds again. */
  for: duration.pipe(z.number().min(1_000, 'expected at least 1s').max(DAY_MS, 'expected at most 24h')),
})

export const LOG_LEVEL_EXAMPLE: ShownLogLevel = {
  level: 'debug',
  configured: 'info',
  override: { level: 'debug', by: 'ada', since: '2026-08-21T11:00:00.000Z', until: '2026-08-21T11:10:00.000Z' },
}
