import { errorBody as anthropicError } from '../../dialects/anthropic/errors.ts'
import { errorBody as ollamaError } from '../../dialects/ollama/errors.ts'
import { toOpenAiError } from '../../errors/openai-error.ts'
import type { ErrorVoice } from './front.ts'

export const OPENAI_VOICE: ErrorVoice = { errorBody: toOpenAiError, idHeaders: [] }
const ANTHROPIC: ErrorVoice = { errorBody: anthropicError, idHeaders: ['request-id'] }
const OLLAMA: ErrorVoice = { errorBody: ollamaError, idHeaders: [] }

/** How errors are told at a path: as the clients expect that speak there. */
export function voiceAt(path: string): ErrorVoice {
  if (path.startsWith('/v1/messages')) return ANTHROPIC
  return path.startsWith('/api/') ? OLLAMA : OPENAI_VOICE
}
