import type { AdapterDefinition } from '../adapters/definition.ts'
import { withQuery } from '../adapters/encode.ts'
import { parseModelList, type DiscoveredModel } from '../adapters/model-list.ts'
import { outcomeOf, type Answer, type Question } from './answer.ts'

export type ReadModels =
  | { readonly kind: 'read'; readonly question: Question; readonly models: readonly DiscoveredModel[] }
  /** `reason`: a fixed text. */
  | { readonly kind: 'unread'; readonly reason: string }
  /** The adapter knows no list. */
  | { readonly kind: 'none' }

/** Where the adapter's model list is read, in this order. */
export function listQuestions(adapter: AdapterDefinition): readonly Question[] {
  return (adapter.models?.paths ?? []).map((path) => ({ method: 'GET', path: withQuery(adapter, path), credential: true }))
}

/** The first of the adapter's lists that could be read, or why none could. */
export function readModels(adapter: AdapterDefinition, answers: readonly Answer[]): ReadModels {
  const questions = listQuestions(adapter)
  if (questions.length === 0) return { kind: 'none' }
  let reason: string | undefined
  for (const question of questions) {
    const outcome = outcomeOf(answers, question)
    if (outcome?.kind === 'failed') reason ??= outcome.reason
    if (outcome?.kind !== 'answered') continue
    const models = outcome.status === 200 ? parseModelList(adapter, outcome.json) : undefined
    if (models !== undefined) return { kind: 'read', question, models }
    reason ??= outcome.status === 200 ? `${question.path} answers with something else` : `${question.path} answers ${outcome.status}`
  }
  return { kind: 'unread', reason: reason ?? 'not asked' }
}
