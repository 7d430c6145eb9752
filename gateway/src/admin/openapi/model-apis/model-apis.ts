import { CHAT_OPERATIONS } from './chat.ts'
import { MEDIA_OPERATIONS } from './media.ts'
import { MESSAGES_OPERATIONS } from './messages.ts'
import type { ModelOperation } from './model-operation.ts'
import { MODEL_OPERATIONS } from './models.ts'
import { OLLAMA_OPERATIONS } from './ollama.ts'
import { OPERATIONS_OPERATIONS } from './operations.ts'
import { RESPONSES_OPERATIONS } from './responses.ts'
import { VECTOR_OPERATIONS } from './vectors.ts'

/** Everything that the gateway answers outside of the management API. */
export const MODEL_APIS: readonly ModelOperation[] = [
  ...CHAT_OPERATIONS,
  ...MESSAGES_OPERATIONS,
  ...RESPONSES_OPERATIONS,
  ...VECTOR_OPERATIONS,
  ...MEDIA_OPERATIONS,
  ...MODEL_OPERATIONS,
  ...OLLAMA_OPERATIONS,
  ...OPERATIONS_OPERATIONS,
]
