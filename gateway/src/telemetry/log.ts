import { pino, stdTimeFunctions, type DestinationStream, type LogFn, type Logger } from 'pino'
import { loggableFields } from './loggable.ts'
import { GatheredOutput } from './gathered-output.ts'

export type { Logger } from 'pino'

/** JSON lines, to stdout unless another destination is given. What is gathered is written out before the process exits. */
export function createLogger(options: { level: string; destination?: DestinationStream | undefined }): Logger {
  // The library's own serializer writes all that hangs on an error, and none is asked for what is called otherwise.
  const serializers = { err: (value: unknown) => value }
  const formatters = { log: loggableFields }
  const settings = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    serializers,
    formatters,
    hooks: { logMethod: withMessage },
  }
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

/** An error that is logged by itself would lend its own text to the message. */
function withMessage(this: Logger, inputs: Parameters<LogFn>, method: LogFn): void {
  const [first] = inputs as unknown[]
  if (first instanceof Error && inputs.length === 1) method.call(this, { error: first }, 'an error')
  else method.apply(this, inputs)
}
