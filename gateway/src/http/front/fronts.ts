import { anthropicDialect } from '../../dialects/anthropic/anthropic.ts'
import type { ResponseStore } from '../../dialects/responses/response-store.ts'
import { chatFront } from './chat-front.ts'
import type { Front } from './front.ts'
import { MESSAGES_NATIVE } from './native-streams.ts'
import { OLLAMA_FRONTS } from './ollama-fronts.ts'
import { responsesFront } from './responses-front.ts'

/** Every operation of another dialect that goes through the relay. */
export function createFronts(responses: ResponseStore): readonly Front[] {
  return [
    chatFront(anthropicDialect, { path: '/v1/messages', idHeaders: ['request-id'], native: MESSAGES_NATIVE }),
    responsesFront(responses),
    ...OLLAMA_FRONTS,
  ]
}
