import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import pretty from 'pino-pretty'

export type { Logger } from 'pino'

/** JSON lines, or text for people where the output is a terminal. */
export function createLogger(options: { level: string; terminal: boolean; destination?: DestinationStream }): Logger {
  const stream =
    options.destination ??
    (options.terminal ? pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true }) : undefined)
  const settings = { level: options.level, base: null, timestamp: stdTimeFunctions.isoTime }
  return stream === undefined ? pino(settings) : pino(settings, stream)
}
