import { composeChoices } from '../simulator/answers/compose.ts'

/** All simulated servers have the same, so that they give the same answer to the same request, as real ones do at temperature 0. */
export const SIMULATED_MODEL = 'sim-chat'
/** Of an answer. */
export const TOKENS = 60

/** No two requests are alike: a response cache must not answer for the servers. */
export function messagesOf(number: number): readonly { readonly role: 'user'; readonly content: string }[] {
  return [{ role: 'user', content: `Explain in sixty words why a gateway is needed. Version ${number}.` }]
}

/** The whole answer to it. */
export function answerTo(number: number): string {
  const call = { path: '', body: { messages: messagesOf(number) }, parts: [], fullModel: SIMULATED_MODEL, model: SIMULATED_MODEL }
  const [choice] = composeChoices({ ...call, faultText: undefined }, { name: '', models: [SIMULATED_MODEL], tokens: TOKENS })
  return choice?.pieces.join('') ?? ''
}
