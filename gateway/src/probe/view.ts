import { SERVICE_OF_ENDPOINT } from '@jairouter/contract/names'
import type { AdapterDefinition } from '../adapters/definition.ts'
import { withQuery } from '../adapters/encode.ts'
import { BUILTIN_ADAPTERS } from '../adapters/registry.ts'
import { answeredTo, type Answer, type Question } from './answer.ts'
import { isDenied } from './credential.ts'
import { endpointPaths, type EndpointPath } from './endpoint-paths.ts'
import { guessServer, type Guess } from './guess.ts'
import { listQuestions, readModels, type ReadModels } from './read-models.ts'
import { hasKey, type Subject } from './subject.ts'

/** What is known of a subject by the answers so far. */
export interface View {
  readonly subject: Subject
  readonly answers: readonly Answer[]
  /** The config's; for an address that is in no config, the guessed one, if the guess is sure. */
  readonly adapter: AdapterDefinition
  readonly guess: Guess | undefined
  readonly models: ReadModels
  /** In the order in which they are asked: what the config uses by name goes first. */
  readonly endpoints: readonly EndpointPath[]
  readonly keyGiven: boolean
  /** Those that a key may matter to: that of a path which only tells servers apart may be refused to anyone. */
  readonly keyAnswers: readonly Answer[]
  /** The key was refused once: to show it again could get us banned. */
  readonly denied: boolean
}

export function viewOf(subject: Subject, answers: readonly Answer[]): View {
  const { backend } = subject
  const guess = guessServer(backend.origin, answers)
  const guessed = guess?.sure === true ? BUILTIN_ADAPTERS.get(guess.types[0]) : undefined
  const adapter = subject.types.length > 0 ? backend.adapter : (guessed ?? backend.adapter)
  const models = readModels(adapter, answers)
  const model = subject.named[0] ?? (models.kind === 'read' ? models.models[0]?.id : undefined) ?? 'model'
  const paths = endpointPaths(adapter, model)
  const keyAnswers = keyAnswersOf({ adapter, subject }, paths, answers)
  const isUsed = ({ endpoint }: EndpointPath) => subject.services.has(SERVICE_OF_ENDPOINT[endpoint])
  return {
    subject,
    answers,
    adapter,
    guess,
    models,
    endpoints: [...paths.filter(isUsed), ...paths.filter((path) => !isUsed(path))],
    keyGiven: hasKey({ ...backend, adapter }),
    keyAnswers,
    denied: keyAnswers.some(({ question, outcome }) => question.credential && outcome.kind === 'answered' && isDenied(adapter, outcome)),
  }
}

function keyAnswersOf(
  of: Pick<View, 'adapter' | 'subject'>,
  paths: readonly EndpointPath[],
  answers: readonly Answer[],
): readonly Answer[] {
  const health = healthQuestion(of)
  const own = [
    ...listQuestions(of.adapter),
    ...(health === undefined ? [] : [health]),
    ...paths.flatMap((path) => endpointQuestion(path) ?? []),
  ]
  return answers.filter(({ question }) => own.some(({ method, path }) => method === question.method && path === question.path))
}

/** As the gateway itself probes: a credential among the backend's headers goes with every request. */
export function healthQuestion({ adapter, subject }: Pick<View, 'adapter' | 'subject'>): Question | undefined {
  const { health } = adapter
  if (health === undefined) return undefined
  const { apiKey: _apiKey, ...keyless } = subject.backend
  return { method: 'GET', path: withQuery(adapter, health.path), credential: health.authenticated === true || hasKey(keyless) }
}

export function endpointQuestion({ path }: EndpointPath): Question | undefined {
  return path === undefined ? undefined : { method: 'POST', path, credential: true }
}

/** The first question whose answer, at another time, would need the key: the model list, or a health path that takes it. */
export function keyedQuestion(view: View): Question | undefined {
  const { answers, models } = view
  if (models.kind === 'read') return models.question
  const health = healthQuestion(view)
  const status = health?.credential === true ? answeredTo(answers, health)?.status : undefined
  return status !== undefined && status < 300 ? health : undefined
}
