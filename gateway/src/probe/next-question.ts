import { answeredTo, isSame, outcomeOf, type Answer, type Question } from './answer.ts'
import { isDenied, isPassed } from './credential.ts'
import { fingerprintOf } from './guess.ts'
import { listQuestions } from './read-models.ts'
import { TELLING_PATHS } from './fingerprints.ts'
import type { Subject } from './subject.ts'
import { endpointQuestion, healthQuestion, keyedQuestion, viewOf, type View } from './view.ts'

/** Requests to one backend, at most. */
export const MOST_QUESTIONS = 12

/**
 * What to ask next; undefined when enough is known, or nothing more can be. Health and models first, then what tells the
 * server, then who may ask, then the endpoints.
 */
export function nextQuestion(subject: Subject, answers: readonly Answer[]): Question | undefined {
  if (answers.length >= MOST_QUESTIONS || isHopeless(answers)) return undefined
  const view = viewOf(subject, answers)
  for (const question of questions(view)) if (!isAsked(view, question)) return question
  return undefined
}

/** Where there is no key, with it and without it are one question. */
function isAsked({ answers, keyGiven }: View, question: Question): boolean {
  return answers.some(({ question: earlier }) => isSame(earlier, keyGiven ? question : { ...question, credential: earlier.credential }))
}

/** Nobody is there, or nobody who answers: the time limit is for those who do. */
function isHopeless(answers: readonly Answer[]): boolean {
  if (answers.some(({ outcome }) => outcome.kind === 'failed' && !outcome.connected)) return true
  return answers.length > 1 && answers.every(({ outcome }) => outcome.kind === 'failed')
}

function* questions(view: View): Generator<Question, void> {
  const { subject, denied } = view
  const health = healthQuestion(view)
  if (health !== undefined && subject.types.length > 0) yield health
  yield* untilRead(view)
  for (const path of tellingPaths(view)) yield onceOnly(view, path)
  // Of an address in no config, known only by now.
  if (health !== undefined && !(health.credential && denied)) yield health
  if (denied) return
  const keyed = keyedQuestion(view)
  if (view.keyGiven && keyed !== undefined) yield { ...keyed, credential: false }
  yield* endpoints(view)
}

/** One list after the other, until one is read or the key is refused. */
function* untilRead({ adapter, answers, models, denied }: View): Generator<Question, void> {
  for (const question of listQuestions(adapter)) {
    if (denied && outcomeOf(answers, question) === undefined) return
    yield question
    if (models.kind === 'read' && isSame(models.question, question)) return
  }
}

/** What tells the server for sure: its version once it is known, else whatever may tell it. */
function tellingPaths({ subject, guess }: View): readonly string[] {
  const own = subject.types.flatMap((type) => fingerprintOf(type)?.ask?.path ?? [])
  if (guess === undefined || !guess.sure) return [...new Set([...own, ...TELLING_PATHS])]
  const { ask } = fingerprintOf(guess.types[0]) ?? {}
  return ask?.version === undefined || guess.byAddress ? [] : [ask.path]
}

/** A path that was asked already, with the key or without, is not asked again. */
function onceOnly({ answers, denied }: View, path: string): Question {
  const asked = answers.find(({ question }) => question.method === 'GET' && question.path === path)
  return asked?.question ?? { method: 'GET', path, credential: !denied }
}

/** Each once; where the model list says nothing of the key, the first that is there is asked without it as well. */
function* endpoints(view: View): Generator<Question, void> {
  const { adapter, answers, keyGiven } = view
  const keyed = keyedQuestion(view)
  const keyless = keyed === undefined ? undefined : answeredTo(answers, { ...keyed, credential: false })
  let proof = keyGiven && !(keyless !== undefined && isDenied(adapter, keyless))
  for (const endpoint of view.endpoints) {
    const question = endpointQuestion(endpoint)
    if (question === undefined) continue
    yield question
    const answer = answeredTo(answers, question)
    if (!proof || answer === undefined || !isPassed(adapter, answer)) continue
    proof = false
    yield { ...question, credential: false }
  }
}
