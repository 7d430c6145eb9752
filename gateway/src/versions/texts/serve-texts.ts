import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { createTextLoader } from '../../config/load-texts.ts'
import { createConfigSource, createTextSource } from '../../config/source.ts'
import { DeskProblem } from '../config-desk.ts'
import { runTextJob, type TextJob, type TextResults } from './text-job.ts'
import type { TextReply, TextRequest, TextThreadData } from './text-protocol.ts'

const { found, cwd, env, server } = workerData as TextThreadData
const load = createTextLoader(
  found === undefined ? createTextSource({ directory: cwd, env }) : createConfigSource({ ...found, env }),
  server,
)

function answer({ job, secrets }: TextRequest): TextReply {
  const places = new Map<string, string>()
  const kept = new Map<string, string>()
  // Only who has the store's key can say a secret's id: until then, something as long that stands nowhere else.
  const keep = (secret: string) => {
    const place = places.get(secret) ?? randomBytes(16).toString('hex')
    places.set(secret, place)
    kept.set(place, secret)
    return place
  }
  try {
    const value = runTextJob(job, { load, env, secretOf: (id) => kept.get(id) ?? secrets.get(id), keep, stored: secrets })
    return { value: withoutFunctions(value), kept }
  } catch (error) {
    if (error instanceof DeskProblem) return { problem: { code: error.code, message: error.message, details: error.details } }
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

function withoutFunctions(value: TextResults[TextJob['kind']]): Extract<TextReply, { readonly kept: unknown }>['value'] {
  if (!('loaded' in value)) return value
  const { loaded, ...rest } = value
  return { ...rest, loaded: loaded === undefined ? undefined : { config: loaded.config, certificates: loaded.certificates } }
}

parentPort?.on('message', (request: TextRequest) => parentPort?.postMessage(answer(request), []))
