import { unspeakableIn } from '../canonical/field-checks.ts'

/** For what the Responses API has and a chat completion has no words for; `what` begins the sentence. */
export const unspeakable = unspeakableIn('has no equivalent in a chat completion, by which the model is asked')
