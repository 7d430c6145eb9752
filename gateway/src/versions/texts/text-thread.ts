import { Worker } from 'node:worker_threads'
import type { Loaded, LoadTexts } from '../../config/load-texts.ts'
import { isObject } from '../../lib/json.ts'
import { oneAtATime } from '../../lib/one-at-a-time.ts'
import { DeskProblem } from '../config-desk.ts'
import type { NewSecrets } from '../stored-secrets.ts'
import { detached, type TextJob, type TextResults } from './text-job.ts'
import type { SentPrepared, TextReply, TextRequest, TextThreadData } from './text-protocol.ts'
import type { TextThread } from './text-work.ts'

/** It holds tens of MB: without work it ends after this. */
const IDLE_MS = 10_000
/** What takes longer is no config, but something that is made to take long. */
const LONGEST_MS = 120_000

export interface TextThreadOptions {
  readonly data: TextThreadData
  /** What leads problems back to their places is read again here, where there are any. */
  readonly load: LoadTexts
  readonly start?: (data: TextThreadData) => Worker
}

/** A thread that is there while long texts are read. One job after another. */
export function createTextThread({ data, load, start = startWorker }: TextThreadOptions): TextThread {
  const inTurn = oneAtATime()
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined

  const close = () => {
    clearTimeout(idle)
    void worker?.terminate()
    worker = undefined
  }
  const running = (): Worker => {
    if (worker !== undefined) return worker
    const started = start(data)
    worker = started
    started.once('exit', () => {
      if (worker === started) worker = undefined
    })
    return started
  }

  async function ask(request: TextRequest): Promise<TextReply> {
    clearTimeout(idle)
    const asked = running()
    const { promise, resolve, reject } = Promise.withResolvers<TextReply>()
    const ended = () => reject(new Error('the thread that reads texts has ended'))
    const timer = setTimeout(() => reject(new DeskProblem('invalid_config', 'This text takes too long to read')), LONGEST_MS)
    asked.ref()
    asked.once('message', resolve).once('error', reject).once('exit', ended)
    asked.postMessage(request, [])
    try {
      return await promise
    } catch (error) {
      close()
      throw error
    } finally {
      clearTimeout(timer)
      asked.off('message', resolve).off('error', reject).off('exit', ended).unref()
      idle = setTimeout(close, IDLE_MS).unref()
    }
  }

  return {
    run: <Kind extends TextJob['kind']>(job: Extract<TextJob, { readonly kind: Kind }>, secrets: NewSecrets) =>
      inTurn(async () => {
        const reply = await ask({ job: detached(job), secrets: secrets.stored })
        if ('problem' in reply) throw new DeskProblem(reply.problem.code, reply.problem.message, reply.problem.details)
        if ('fault' in reply) throw new Error(reply.fault)
        const ids = new Map([...reply.kept].map(([place, secret]) => [place, secrets.keep(secret)]))
        const { value } = reply
        // The answer is that of the job.
        return ('loaded' in value ? restored(value, ids, { load, secrets }) : withIds(value, ids)) as TextResults[Kind]
      }),
    close,
  }
}

/** The config itself has the secrets, and no ids. */
function restored(
  { loaded, ...sent }: SentPrepared,
  ids: ReadonlyMap<string, string>,
  { load, secrets }: { readonly load: LoadTexts; readonly secrets: NewSecrets },
): TextResults['prepare'] {
  const rest = withIds(sent, ids)
  if (loaded === undefined) return { ...rest, loaded }
  const toConfigProblem: Loaded['toConfigProblem'] = (problem) => {
    const again = load(rest.texts, secrets.secretOf)
    return 'problems' in again ? { file: 'config', line: 0, column: 0, path: '', message: problem.message } : again.toConfigProblem(problem)
  }
  return { ...rest, loaded: { ...loaded, toConfigProblem } }
}

/** What stands in the place of ids gives way to them, wherever it is. */
function withIds<Value>(value: Value, ids: ReadonlyMap<string, string>): Value {
  if (ids.size === 0) return value
  const places = new RegExp([...ids.keys()].join('|'), 'g')
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return part.replace(places, (place) => ids.get(place) ?? place)
    if (Array.isArray(part)) return part.map(walk)
    if (!isObject(part)) return part
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, walk(inner)]))
  }
  return walk(value) as Value
}

function startWorker(workerData: TextThreadData): Worker {
  return new Worker(new URL('text-worker.cjs', import.meta.url), { workerData, execArgv: [], name: 'texts' })
}
