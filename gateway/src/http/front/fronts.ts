import type { ResponseStore } from '../../dialects/responses/response-store.ts'
import { voiceAt } from './error-voices.ts'
import type { Front } from './front.ts'
import { lateFront, type FrontFace } from './late-front.ts'

/** Every operation of another dialect that goes through the relay. */
export function createFronts(responses: ResponseStore): readonly Front[] {
  return [
    lateFront(face('anthropic', '/v1/messages'), async () => (await import('./messages-front.ts')).MESSAGES_FRONT),
    lateFront(face('responses', '/v1/responses'), async () => (await import('./responses-front.ts')).responsesFront(responses)),
    ...[face('ollama', '/api/chat'), face('ollama', '/api/generate')].map(ollamaFront),
    ...[face('ollama', '/api/embed', 'embedding'), face('ollama', '/api/embeddings', 'embedding')].map(ollamaFront),
  ]
}

function face(dialect: string, path: string, endpoint: FrontFace['endpoint'] = 'chat'): FrontFace {
  return { ...voiceAt(path), dialect, path, endpoint }
}

function ollamaFront(shown: FrontFace): Front {
  return lateFront(shown, async () => {
    const front = (await import('./ollama-fronts.ts')).OLLAMA_FRONTS.find(({ path }) => path === shown.path)
    if (front === undefined) throw new Error(`there is no front at ${shown.path}`)
    return front
  })
}
