import { answerChat } from './answers/chat.ts'
import { answerCompletion } from './answers/completion.ts'
import { answerEmbedding } from './answers/embedding.ts'
import { answerImageEdit, answerImageGeneration, answerImageVariation } from './answers/image.ts'
import { answerModeration } from './answers/moderation.ts'
import { answerRerank } from './answers/rerank.ts'
import { answerSpeech } from './answers/speech.ts'
import { answerTranscription, answerTranslation } from './answers/transcription.ts'
import type { Call, Persona } from './call.ts'
import type { Reply } from './reply.ts'

/** Throws BadRequest. */
export type Answer = (call: Call, persona: Persona) => Reply

const ROUTES: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['/v1/chat/completions', answerChat],
  ['/v1/completions', answerCompletion],
  ['/v1/embeddings', answerEmbedding],
  ['/v1/rerank', answerRerank],
  ['/rerank', answerRerank],
  ['/v2/rerank', answerRerank],
  ['/v1/audio/speech', answerSpeech],
  ['/v1/audio/transcriptions', answerTranscription],
  ['/v1/audio/translations', answerTranslation],
  ['/v1/images/generations', answerImageGeneration],
  ['/v1/images/edits', answerImageEdit],
  ['/v1/images/variations', answerImageVariation],
  ['/v1/moderations', answerModeration],
])

/** Longest first, or `/completions` would take the chat's path. */
const SUFFIXES = [...ROUTES]
  .map(([path, answer]) => [path.replace(/^\/v\d/u, ''), answer] as const)
  .sort(([left], [right]) => right.length - left.length)

/** `anyPrefix`: whatever stands before `/chat/completions` and the like, as other providers' addresses have it. */
export function answerFor(path: string, anyPrefix: boolean): Answer | undefined {
  const exact = ROUTES.get(path)
  if (exact !== undefined || !anyPrefix) return exact
  return SUFFIXES.find(([suffix]) => path.endsWith(suffix))?.[1]
}
