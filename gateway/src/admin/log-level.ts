import { LOG_LEVEL_EXAMPLE, logLevelSchema, setLogLevelSchema } from '@jairouter/contract/management/log-level'
import type { LogLevelDesk } from './log-level-desk.ts'
import { defineRoute, type AnyRoute } from './route.ts'

const tag = 'Settings'
const ONE = { 200: { description: 'The level in force, and whose it is', schema: logLevelSchema } }

/** The level of the log, for a while: `log.level` of the config is not changed. */
export function logLevelRoutes(desk: Pick<LogLevelDesk, 'shown' | 'set' | 'clear'>): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/log/level',
      permission: 'config.read',
      tag,
      summary: 'Read the level of the log',
      answers: ONE,
      example: { answer: LOG_LEVEL_EXAMPLE },
      handle: () => ({ body: desk.shown() }),
    }),
    defineRoute({
      method: 'PUT',
      path: '/log/level',
      permission: 'config.write',
      tag,
      summary: 'Log at another level for a while',
      description:
        'From the next line on, and for at most 24 hours; then `log.level` of the config holds again. It holds for the process that is asked, and ends with it.',
      body: setLogLevelSchema,
      answers: ONE,
      example: { request: { level: 'debug', for: '10m' }, answer: LOG_LEVEL_EXAMPLE },
      handle: async ({ body, origin }) => {
        await desk.set(body.level, body.for, origin)
        return { body: desk.shown() }
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/log/level',
      permission: 'config.write',
      tag,
      summary: 'Log as the config says again',
      answers: { 204: { description: '`log.level` of the config holds' } },
      handle: async ({ origin }) => {
        await desk.clear(origin)
        return { status: 204 }
      },
    }),
  ]
}
