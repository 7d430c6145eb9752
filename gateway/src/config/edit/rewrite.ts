import { parseDocument } from 'yaml'
import { Plan } from './plan.ts'
import { isSame, type PlainMap } from './plain.ts'
import { applySplices } from './splice.ts'
import { readWritten } from './written.ts'

/** Each round does at least one thing; most texts take one or two. */
const MAX_ROUNDS = 200

/**
 * The text with another value: every comment, every line and every way of writing that the change does not touch stays
 * as it is. Undefined where that cannot be done.
 */
export function rewriteYaml(text: string, expected: PlainMap): string | undefined {
  let current = text
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const written = readWritten(current)
    if ('problems' in written) return undefined
    if (isSame(written.value, expected)) return current
    const next = step(current, expected)
    if (next === undefined || next === current) return undefined
    current = next
  }
  return undefined
}

function step(text: string, expected: PlainMap): string | undefined {
  const document = parseDocument(text, { keepSourceTokens: true, merge: true, stringKeys: true, uniqueKeys: false })
  if (document.errors.length > 0) return undefined
  const plan = new Plan(text, document)
  try {
    plan.root(expected)
  } catch (error) {
    // Aliases without end, which no config that was checked has.
    if (error instanceof ReferenceError) return undefined
    throw error
  }
  return applySplices(text, plan.splices)
}
