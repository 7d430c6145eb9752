import { unspeakableIn } from '../canonical/field-checks.ts'

/** For what Anthropic's API has and a chat completion has no words for; `what` begins the sentence. */
export const unspeakable = unspeakableIn("can't be translated for a model that does not speak Anthropic's API")
