import { arrayOf, objectOf } from '../json.ts'
import { errorReply } from '../reply.ts'
import type { FaultKind } from './fault-kind.ts'

/** A model that will not continue what somebody else began. */
export const prefillFaults = {
  'no-prefill': {
    about: '400 to who ends with an assistant message; everybody else is served well',
    reads: [],
    apply: (reply, _, { request }) => {
      if (objectOf(arrayOf(request['messages']).at(-1))['role'] !== 'assistant') return reply
      const refusal = errorReply(400, 'This model does not support assistant message prefill', { code: 'prefill_not_supported' })
      return { ...refusal, headers: { ...reply.headers, ...refusal.headers } }
    },
  },
} as const satisfies Readonly<Record<string, FaultKind>>
