import { listModels, showModel, unknownModel } from './answers/models.ts'
import { createAnswerCache } from './answer-cache.ts'
import { parseCall, type Call, type Persona } from './call.ts'
import { withEcho } from './echo.ts'
import type { FaultSwitch } from './fault-switch.ts'
import type { Fault } from './faults/fault.ts'
import { FaultSyntaxError } from './faults/fault-kind.ts'
import { faultKind } from './faults/table.ts'
import { paced, type Pace } from './pace.ts'
import { BadRequest, bytesReply, errorReply, jsonReply, type Reply } from './reply.ts'
import { answerFor, type Answer } from './routes.ts'
import type { SeenDraft } from './seen.ts'

export interface ExchangeOptions {
  readonly pace: Pace
  readonly apiKey: string | undefined
  readonly anyPrefix: boolean
  readonly faults: FaultSwitch
}

/** Turns requests that have arrived whole into answers; nothing here touches a socket. */
export interface Exchange {
  /** Fills in `seen.model`. */
  answer(seen: SeenDraft): Reply
  setPersona(persona: Persona): void
}

interface Resolved {
  readonly reply: Reply
  /** Absent when the request reached no known model. */
  readonly call?: Call
}

const NOTHING = Buffer.alloc(0)
/** Open without a key, as vLLM leaves them. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/health', '/version'])

export function createExchange(options: ExchangeOptions, initial: Persona): Exchange {
  let persona = initial
  const cache = createAnswerCache()

  function resolve(seen: SeenDraft, path: string): Resolved {
    if (options.apiKey !== undefined && seen.headers.authorization !== `Bearer ${options.apiKey}` && !OPEN_PATHS.has(path)) {
      return { reply: jsonReply(401, { error: 'Unauthorized' }) }
    }
    const answer = answerFor(path, options.anyPrefix)
    if (answer === undefined) return { reply: plainAnswer(seen, path) }
    if (seen.method !== 'POST') return { reply: errorReply(405, `Method ${seen.method} is not allowed here`) }
    const contentType = seen.headers['content-type'] ?? ''
    // A form is read by the boundary in its header, so its body alone does not say what it holds.
    if (contentType.startsWith('multipart/')) return callModel(answer, parseCall(path, contentType, seen.body), seen)
    const known = cache.get(path, seen.body)
    if (known !== undefined) {
      seen.model = known.call.fullModel
      return known
    }
    const resolved = callModel(answer, parseCall(path, contentType, seen.body), seen)
    if (resolved.call !== undefined) cache.set(path, seen.body, { call: resolved.call, reply: resolved.reply })
    return resolved
  }

  function callModel(answer: Answer, call: Call, seen: SeenDraft): Resolved {
    seen.model = call.fullModel
    const known = persona.models.includes(call.model) || persona.models.includes(call.fullModel)
    return known ? { call, reply: named(answer(call, persona)) } : { reply: named(unknownModel(call.fullModel)) }
  }

  function plainAnswer(seen: SeenDraft, path: string): Reply {
    const local = options.anyPrefix ? path.replace(/^.*(?=\/models(\/|$))/u, '/v1') : path
    if (seen.method !== 'GET') return errorReply(404, `No such address: ${seen.method} ${path}`)
    if (local === '/health') return { ...bytesReply(200, 'text/plain', NOTHING), headers: {} }
    if (local === '/version') return jsonReply(200, { version: 'simulator' })
    if (local === '/v1/models') return listModels(persona)
    if (local.startsWith('/v1/models/')) return showModel(persona, decodeId(local.slice('/v1/models/'.length)))
    return errorReply(404, `No such address: GET ${path}`)
  }

  function named(reply: Reply): Reply {
    return { ...reply, headers: { ...reply.headers, 'x-simulator': persona.name } }
  }

  function strike(fault: Fault, hit: { reply: Reply; path: string; call: Call | undefined }): Reply {
    const { call, path } = hit
    const answer = answerFor(path, options.anyPrefix)
    const plain = () => (call === undefined || answer === undefined ? hit.reply : answer(unstreamed(call), persona))
    return faultKind(fault.name).apply(paced(hit.reply, options.pace), fault, { request: call?.body ?? {}, plain, now: Date.now() })
  }

  return {
    answer(seen) {
      const path = seen.path.split('?', 1)[0] ?? seen.path
      try {
        const resolved = resolve(seen, path)
        const reply = seen.headers['x-simulator-echo'] === '1' ? withEcho(resolved.reply, seen) : resolved.reply
        const fault = chooseFault(options.faults, { seen, path, call: resolved.call })
        return fault === undefined ? paced(reply, options.pace) : strike(fault, { reply, path, call: resolved.call })
      } catch (error) {
        if (error instanceof BadRequest) return named(error.reply)
        if (error instanceof FaultSyntaxError) return named(errorReply(400, error.message, { code: 'unknown_fault' }))
        // A slip of ours: whoever asked should read of it rather than wait for an answer.
        return named(errorReply(500, `The simulator failed: ${String(error)}`))
      }
    },
    setPersona(next) {
      persona = next
      cache.clear()
    },
  }
}

function chooseFault(faults: FaultSwitch, asked: { seen: SeenDraft; path: string; call: Call | undefined }): Fault | undefined {
  const header = asked.seen.headers['x-simulator-fault']
  if (faults.empty && header === undefined && asked.call?.faultText === undefined) return undefined
  return faults.choose({
    header: Array.isArray(header) ? header[0] : header,
    model: asked.call?.model,
    suffix: asked.call?.faultText,
    path: asked.path,
  })
}

function unstreamed(call: Call): Call {
  const { stream_options: _, ...body } = call.body
  return { ...call, body: { ...body, stream: false } }
}

function decodeId(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
