import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** JSON lines, to stdout unless another destination is given. */
export function createLogger(options: { level: string; destination?: DestinationStream | undefined }): Logger {
  const settings = { level: options.level, base: null, timestamp: stdTimeFunctions.isoTime }
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination)
}

/** Text for people, where the output is a terminal; loaded only then. */
export async function terminalDestination(): Promise<DestinationStream | undefined> {
  if (!process.stdout.isTTY) return undefined
  const { default: pretty } = await import('pino-pretty')
  return pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true })
}
