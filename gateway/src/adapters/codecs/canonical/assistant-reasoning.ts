import { objectsIn, textOf, type JsonObject } from '../../../lib/json.ts'

/**
 * What the model thought before an earlier answer, from whichever field the client keeps it in (backends.md 21.4);
 * where two are filled they say the same, and the first is taken. Undefined when there is nothing.
 */
export function readReasoning({ reasoning_content: content, reasoning, reasoning_details: details }: JsonObject): string | undefined {
  return textOf(content) ?? textOf(reasoning) ?? textOf(objectsIn(details).map(detailText).join(''))
}

function detailText({ text, summary }: JsonObject): string {
  return textOf(text) ?? textOf(summary) ?? ''
}
