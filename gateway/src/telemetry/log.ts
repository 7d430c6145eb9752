import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'
import { describeError } from './describe-error.ts'
import { GatheredOutput } from './gathered-output.ts'

export type { Logger } from 'pino'

/** JSON lines, to stdout unless another destination is given. What is gathered is written out before the process exits. */
export function createLogger(options: { level: string; destination?: DestinationStream | undefined }): Logger {
  // The library's own serializer writes all that hangs on an error.
  const serializers = { error: describeError, err: describeError, cause: describeError }
  const settings = { level: options.level, base: null, timestamp: stdTimeFunctions.isoTime, serializers }
  if (options.destination !== undefined) return pino(settings, options.destination)
  const stdout = new GatheredOutput(1)
  process.on('exit', () => stdout.flushSync())
  return pino(settings, stdout)
}

/** Text for people, where the output is a terminal; loaded only then. */
export async function terminalDestination(): Promise<DestinationStream | undefined> {
  if (!process.stdout.isTTY) return undefined
  const { default: pretty } = await import('pino-pretty')
  return pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true })
}
