import { anthropicDialect } from '../../dialects/anthropic/anthropic.ts'
import { chatFront } from './chat-front.ts'
import type { Front } from './front.ts'
import { MESSAGES_NATIVE } from './native-streams.ts'

/** Anthropic's `POST /v1/messages`. */
export const MESSAGES_FRONT: Front = chatFront(anthropicDialect, {
  path: '/v1/messages',
  idHeaders: ['request-id'],
  native: MESSAGES_NATIVE,
})
