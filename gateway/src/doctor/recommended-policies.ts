import type { DoctorPolicies, PolicySettings } from './policies.ts'

/** What stands in the way of no answer that comes, and lets no failure through to the client. */
const CHAT: PolicySettings = {
  // Plain answers come whole, so `response` bounds their whole length; of a stream the first token shows life.
  timeouts: { connect: '3s', response: '1m', firstToken: '10s', idle: '20s', total: '10m' },
  retry: { attempts: 3, budget: 0.2, maxWait: '5s', resume: true },
  breaker: { consecutive: 3, openFor: '5s', maxOpenFor: '30s' },
}

/** Two servers of a model, and another model with room for longer prompts behind it: all sixteen scenarios pass. */
export const RECOMMENDED_POLICIES: DoctorPolicies = {
  model: 'main',
  chat: CHAT,
  models: {
    main: {
      policy: { fallback: [{ model: 'spare', on: ['unavailable', 'timeout', 'rate-limited', 'context-length'] }] },
      instances: [{}, {}],
    },
    spare: { instances: [{}] },
  },
}
