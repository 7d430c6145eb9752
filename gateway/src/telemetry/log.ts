import { destination as fileDestination, pino, stdSerializers, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** Lines are gathered up to this size, or for this long: a system call for each costs more than all else that logging does. */
const GATHERED_BYTES = 64 * 1024
/** One write takes at least what was gathered. */
const WRITE_BYTES = 2 * GATHERED_BYTES
const GATHERED_MS = 100

/** JSON lines, to stdout unless another destination is given. What is gathered is written out before the process exits. */
export function createLogger(options: { level: string; destination?: DestinationStream | undefined }): Logger {
  // Without a serializer of its own an Error is an object without fields: `{}`.
  const serializers = { error: stdSerializers.err }
  const settings = { level: options.level, base: null, timestamp: stdTimeFunctions.isoTime, serializers }
  if (options.destination !== undefined) return pino(settings, options.destination)
  const stdout = fileDestination({ dest: 1, sync: false, minLength: GATHERED_BYTES, maxWrite: WRITE_BYTES, periodicFlush: GATHERED_MS })
  process.on('exit', () => stdout.flushSync())
  return pino(settings, stdout)
}

/** Text for people, where the output is a terminal; loaded only then. */
export async function terminalDestination(): Promise<DestinationStream | undefined> {
  if (!process.stdout.isTTY) return undefined
  const { default: pretty } = await import('pino-pretty')
  return pretty({ colorize: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true })
}
