/** Codes of the decisions that a request meets, each with what it says. A console has a text for each in each of its languages. */

/** Why an instance would be asked, later, or not at all. */
export const CANDIDATE_REASONS = {
  only: 'No other one can be asked',
  best: 'The balancer prefers it',
  drawn: 'Drawn among those that are as good, by their weights',
  worse: 'The balancer prefers another one',
  'lower-tier': 'Serves only while none of a higher priority can',
  warming: 'Is loading its model: serves only while nothing else can',
  'attempts-used': 'Would be asked only after more failures than retry.attempts allows',
  tried: 'Was asked already',
  unhealthy: 'Does not answer its health probes, or refuses connections',
  'credential-refused': 'Its backend refuses the credential',
  'breaker-open': 'Its circuit breaker lets no call through',
  paused: 'Has asked to be left alone for a while',
  'own-limit': 'Is at a limit of its own',
  'taken-out': 'An operator has disabled or is draining it',
  'no-room': 'Its backend has as many requests as maxConcurrency allows',
  'no-endpoint': 'Its adapter has no such endpoint',
  'cannot-say': 'Its wire format has no words for something in the request',
} as const satisfies Readonly<Record<string, string>>
export type CandidateReason = keyof typeof CANDIDATE_REASONS

/** Why a step of a fallback chain has nothing for a request. */
export const STEP_SKIPS = {
  'no-model': 'There is no such model for this service',
  'same-route': 'Leads to the model that was asked already',
  'not-repeatable': 'The request cannot be sent a second time',
  'no-endpoint': 'No server of that model has the endpoint',
  limited: 'That model is at its limit',
  'no-answer': 'No earlier answer to this request is kept, or none that may be given',
  'no-text': 'For this endpoint no answer can be made out of a text',
} as const satisfies Readonly<Record<string, string>>
export type StepSkip = keyof typeof STEP_SKIPS

/** Why the trace of a request was kept. */
export const TRACE_REASONS = {
  failed: 'It failed',
  refused: 'It was refused before a server was asked',
  slow: 'It took longer than `slow` allows: as a whole, until its first token, or between two',
  retried: 'More than one call was needed',
  hedged: 'A second call was made because the first was late',
  'fallen-back': 'A step of the fallback chain answered',
  asked: 'Its client asked for it',
  sampled: 'Drawn, one of explain.sample',
} as const satisfies Readonly<Record<string, string>>
export type TraceReason = keyof typeof TRACE_REASONS

/** Why a call was made. */
export const ATTEMPT_REASONS = {
  first: 'The first call',
  retry: 'The call before it failed',
  hedge: 'The call before it was late',
  fallback: 'The model that was asked for could not answer',
} as const satisfies Readonly<Record<string, string>>
export type AttemptReason = keyof typeof ATTEMPT_REASONS

/** What is known of the decision of a request. */
export const TRACE_STATES = {
  kept: 'The trace is here',
  expired: 'The trace was kept and had to make room since',
  'not-sampled': 'The request went as usual and was not drawn',
  unknown: 'There was no such request, or it is too long ago',
} as const satisfies Readonly<Record<string, string>>
export type TraceState = keyof typeof TRACE_STATES

/** What else is to be known of a change of the config. */
export const EFFECT_NOTES = {
  'open-to-all': 'Nobody needs a key any more',
  'key-needed': 'Whoever comes without a key is refused from now on',
  'after-restart': 'Where the gateway listens takes effect after a restart',
  'address-changed': 'The backend is another server: requests in flight go on at the old one',
  'not-listed-yet': 'The models of this backend are not known yet',
} as const satisfies Readonly<Record<string, string>>
