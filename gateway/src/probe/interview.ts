import { loadCodecs } from '../adapters/codecs/codec-of.ts'
import type { Backend } from '../config/snapshot.ts'
import { askOnce, MODEL_LIST_BYTES, questionHeaders } from '../upstream/ask-once.ts'
import type { OpenUpstream } from '../upstream/port.ts'
import { UpstreamFault, type FaultKind } from '../upstream/upstream-fault.ts'
import type { Answer, Answered, Question, Unanswered } from './answer.ts'
import { nextQuestion } from './next-question.ts'
import { withoutKey, type Subject } from './subject.ts'

export interface InterviewLimits {
  readonly eachMs: number
  /** For all questions to one backend. */
  readonly allMs: number
}

const LIMITS: InterviewLimits = { eachMs: 3_000, allMs: 15_000 }

/**
 * No JSON, whatever reads it: a server that has the endpoint refuses it before it can do any work. An empty body or `{}`
 * would not do: there are servers that fill in a model and a prompt of their own.
 */
export const UNREADABLE_BODY = Buffer.from('{')

/** Asks a backend one question after the other, as `nextQuestion` says, within the limits. Does not throw. */
export async function interview(open: OpenUpstream, subject: Subject, limits: InterviewLimits = LIMITS): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  await loadCodecs()
  const endsAt = performance.now() + limits.allMs
  for (;;) {
    const leftMs = endsAt - performance.now()
    const question = leftMs > 0 ? nextQuestion(subject, answers) : undefined
    if (question === undefined) return answers
    const limitMs = Math.ceil(Math.min(limits.eachMs, leftMs))
    answers.push({ question, outcome: await ask(open, { question, backend: subject.backend, limitMs }) })
  }
}

interface Asking {
  readonly question: Question
  readonly backend: Backend
  readonly limitMs: number
}

async function ask(open: OpenUpstream, { question, backend, limitMs }: Asking): Promise<Answered | Unanswered> {
  const { method, path, credential } = question
  const asker = credential ? backend : withoutKey(backend)
  const headers = questionHeaders(asker, credential)
  const post = method === 'POST' ? { body: UNREADABLE_BODY } : {}
  let connected = false
  const startedAt = performance.now()
  try {
    const {
      status,
      headers: answered,
      body,
    } = await askOnce(open, {
      backend: asker,
      method,
      path,
      headers: method === 'POST' ? { ...headers, 'content-type': 'application/json' } : headers,
      ...post,
      limitMs,
      limitBytes: MODEL_LIST_BYTES,
      cut: true,
      onConnected: () => {
        connected = true
      },
    })
    const text = body.toString('utf8')
    return { kind: 'answered', status, headers: answered, text, json: parsed(text), ms: Math.round(performance.now() - startedAt) }
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error, { connected, limitMs }), connected }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const REASONS: Readonly<Record<FaultKind, string>> = {
  refused: 'nobody listens there',
  dns: 'its name is not known',
  tls: 'its certificate is not trusted',
  unreachable: 'there is no way to it',
  address_not_allowed: 'it is at an address that is never asked',
  reset: 'it closes the connection',
  protocol: 'it does not speak HTTP/1.1',
}

/** Of the error nothing is shown: it could hold the address as it was given. */
function reasonOf(error: unknown, { connected, limitMs }: { connected: boolean; limitMs: number }): string {
  if (error instanceof UpstreamFault) return REASONS[error.kind]
  return connected ? `no answer within ${limitMs} ms` : `no connection within ${limitMs} ms`
}
