import { ENDPOINTS, SERVICE_OF_ENDPOINT, SERVICES, type Service } from '@jairouter/contract/names'
import { judgeHealth } from '../upstream/probe.ts'
import { isObject } from '../lib/json.ts'
import { answeredTo, outcomeOf, type Answer, type Answered } from './answer.ts'
import { authenticationOf, type Authentication } from './credential.ts'
import { endpointVerdict, type EndpointReport } from './endpoint-verdict.ts'
import { fingerprintOf, type Guess } from './guess.ts'
import { mismatchOf } from './mismatch.ts'
import { createMask } from './mask.ts'
import type { Subject } from './subject.ts'
import { endpointQuestion, healthQuestion, viewOf, type View } from './view.ts'

/** What `check --probe` found out about one backend: the JSON of `--json`. Members that nothing is known of are left out. */
export interface Report {
  /** The backend's; left out for an address that is in no config. */
  readonly id?: string
  /** The config's; left out as above. */
  readonly type?: string
  readonly url: string
  /** Reachable, authenticated, and nothing is missing. */
  readonly ok: boolean
  /** Why `ok` is false. */
  readonly problems: readonly string[]
  /** What is worth a look, though nothing fails for it. */
  readonly warnings: readonly string[]
  /** `ms`: from the first question to its answer, with the connection. */
  readonly reachable: { readonly ok: boolean; readonly ms?: number; readonly reason?: string }
  readonly health?: { readonly path: string; readonly status: number; readonly verdict: 'ok' | 'warming' | 'failed' }
  readonly authenticated: Authentication
  readonly models: ModelsReport
  /** Each endpoint of the adapter. */
  readonly endpoints: readonly EndpointReport[]
  readonly version?: string
  readonly guess?: Pick<Guess, 'server' | 'sure' | 'because'> & { readonly type: string }
  /** That were sent. */
  readonly requests: number
}

/** Without `names`: the list could not be read, for this `reason`. */
export interface ModelsReport {
  readonly count?: number
  readonly names?: readonly string[]
  readonly reason?: string
  /** The config names them, the server has not got them. */
  readonly missing: readonly string[]
  /** The server has them, the config does not name them, and so they are not used. */
  readonly unnamed: readonly string[]
}

export function reportOf(subject: Subject, answers: readonly Answer[]): Report {
  const view = viewOf(subject, answers)
  const { backend, types } = subject
  const mask = createMask(backend)
  const authenticated = authenticationOf({ ...view, answers: view.keyAnswers })
  const models = modelsOf(view, mask)
  const endpoints = endpointsOf(view)
  const reachable = reachableOf(answers)
  const health = healthOf(view)
  const version = versionOf(view)
  const problems = reachable.ok ? problemsOf(view, { authenticated, models, endpoints }) : [`not reachable: ${reachable.reason ?? ''}`]
  return {
    ...(types[0] === undefined ? {} : { id: backend.id, type: types[0] }),
    url: `${backend.origin}${backend.basePath}`,
    ok: problems.length === 0,
    problems,
    warnings: warningsOf(view, health),
    reachable,
    ...(health === undefined ? {} : { health }),
    authenticated,
    models,
    endpoints,
    ...(version === undefined ? {} : { version: mask(version) }),
    ...(view.guess === undefined ? {} : { guess: guessOf(view.guess) }),
    requests: answers.length,
  }
}

function reachableOf(answers: readonly Answer[]): Report['reachable'] {
  const first = answers.find(({ outcome }) => outcome.kind === 'answered')?.outcome
  if (first?.kind === 'answered') return { ok: true, ms: first.ms }
  const failed = answers.find(({ outcome }) => outcome.kind === 'failed')?.outcome
  return { ok: false, reason: failed?.kind === 'failed' ? failed.reason : 'not asked' }
}

function healthOf(view: View): Report['health'] {
  const question = healthQuestion(view)
  const answer = question === undefined ? undefined : (answeredTo(view.answers, question) ?? answerAt(view.answers, question.path))
  if (question === undefined || answer === undefined) return undefined
  const { kind } = judgeHealth(answer.status, { body: answer.text, authenticated: question.credential })
  return { path: question.path, status: answer.status, verdict: kind === 'refused' ? 'failed' : kind }
}

function modelsOf({ subject, models }: View, mask: (text: string) => string): ModelsReport {
  if (models.kind !== 'read') {
    return { reason: models.kind === 'none' ? 'the adapter knows no model list' : models.reason, missing: [], unnamed: [] }
  }
  const names = models.models.map(({ id }) => id)
  const has = new Set(names)
  // Ollama's `name` and `name:latest` are one model.
  const missing = subject.named.filter((name) => !has.has(name) && !has.has(`${name}:latest`))
  const named = new Set(subject.named.flatMap((name) => [name, `${name}:latest`]))
  const unnamed = subject.listed ? names.filter((name) => !named.has(name)) : []
  return { count: names.length, names: names.map(mask), missing, unnamed: unnamed.map(mask) }
}

/** In the usual order, not in that of the questions. */
function endpointsOf({ endpoints, answers, denied }: View): readonly EndpointReport[] {
  const reports = endpoints.map((place): EndpointReport => {
    const question = endpointQuestion(place)
    if (question === undefined) return { endpoint: place.endpoint, verdict: 'unknown', reason: 'no path for the model’s name' }
    const outcome = outcomeOf(answers, question)
    const verdict =
      outcome === undefined
        ? ({ verdict: 'unknown', reason: denied ? 'not asked, since the key is refused' : 'not asked' } as const)
        : endpointVerdict(outcome, place.ofModel)
    return { endpoint: place.endpoint, path: question.path, ...verdict }
  })
  return reports.sort((a, b) => ENDPOINTS.indexOf(a.endpoint) - ENDPOINTS.indexOf(b.endpoint))
}

const VERSION = /^[\x21-\x7e][\x20-\x7e]{0,79}$/

/** As the guessed server tells it; as servers usually do where none is guessed, since those before others answer for them. */
function versionOf({ answers, guess }: View): string | undefined {
  const ask = guess === undefined ? undefined : fingerprintOf(guess.types[0])?.ask
  const own = ask?.version === undefined ? [] : [[ask.path, ask.version] as const]
  const places = guess?.sure === true ? own : [...own, ...USUAL_VERSIONS]
  for (const [path, field] of places) {
    const answer = answerAt(answers, path)
    const version = answer?.status === 200 && isObject(answer.json) ? answer.json[field] : undefined
    if (typeof version === 'string' && VERSION.test(version)) return version
  }
  return undefined
}

const USUAL_VERSIONS = [
  ['/version', 'version'],
  ['/api/version', 'version'],
] as const

function answerAt(answers: readonly Answer[], path: string): Answered | undefined {
  const found = answers.find(({ question, outcome }) => question.path === path && question.method === 'GET' && outcome.kind === 'answered')
  return found?.outcome.kind === 'answered' ? found.outcome : undefined
}

function guessOf({ server, types, sure, because }: Guess): NonNullable<Report['guess']> {
  return { server, type: types[0], sure, because }
}

function warningsOf(view: View, health: Report['health']): readonly string[] {
  const mismatch = mismatchOf(view.subject, view.guess)
  const ill = health?.verdict === 'warming' ? 'is still starting' : health?.verdict === 'failed' ? 'is not well' : undefined
  return [
    ...(mismatch === undefined ? [] : [mismatch]),
    ...(ill === undefined || health === undefined ? [] : [`${ill}: ${health.path} answers ${health.status}`]),
  ]
}

interface Found {
  readonly authenticated: Authentication
  readonly models: ModelsReport
  readonly endpoints: readonly EndpointReport[]
}

function problemsOf({ subject, denied }: View, { authenticated, models, endpoints }: Found): readonly string[] {
  const lacking = SERVICES.filter((service) => subject.services.has(service) && isAbsent(service, endpoints))
  // That a refused key gets no list is no second problem.
  const without = !denied && subject.types.length > 0 && !subject.listed && subject.named.length === 0 && (models.count ?? 0) === 0
  return [
    ...credentialProblem(authenticated),
    ...(models.missing.length === 0 ? [] : [`models are missing: ${models.missing.join(', ')}`]),
    ...(without ? [`no models: ${models.reason ?? 'its list is empty'}`] : []),
    ...lacking.map((service) => `no endpoint for ${service}, which the config uses it for`),
  ]
}

function credentialProblem({ verdict, status, keyGiven }: Authentication): readonly string[] {
  if (verdict === 'refused')
    return [keyGiven ? `the key is refused (${status ?? ''})` : `it wants a key (${status ?? ''}), and none is given`]
  return verdict === 'unknown' ? ['whether the key is accepted can’t be told'] : []
}

/** The adapter has endpoints for it, and the server none of them. */
function isAbsent(service: Service, endpoints: readonly EndpointReport[]): boolean {
  const own = endpoints.filter(({ endpoint }) => SERVICE_OF_ENDPOINT[endpoint] === service)
  return own.length > 0 && own.every(({ verdict }) => verdict === 'absent')
}
