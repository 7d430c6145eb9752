import { unspeakableIn } from '../canonical/field-checks.ts'

/** For what Ollama's API has and OpenAI's has no words for; `what` begins the sentence. */
export const unspeakable = unspeakableIn("can't be translated for a model that does not speak Ollama's API")
