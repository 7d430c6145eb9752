import type { Taint } from './to-value.ts'

/** Shorter values would be found in innocent words. What is quoted whole is replaced at any length. */
const SHORTEST = 8

/**
 * A function that puts `${NAME}` back where a message shows what came from the environment: a name from a variable that
 * turns up in "unknown backend ...", and as a safety net for whatever else a message may quote.
 */
export function createRedactor(taints: readonly Taint[]): (text: string) => string {
  const replacements = taints
    .flatMap(({ value, source, values }) => [
      [`"${value}"`, `"${source}"`] as const,
      [JSON.stringify(value), `"${source}"`] as const,
      ...(value.length >= SHORTEST ? [[value, source] as const] : []),
      ...values.filter((part) => part.length >= SHORTEST).map((part) => [part, '${...}'] as const),
    ])
    // The longest first: a value may be part of another.
    .sort(([a], [b]) => b.length - a.length)
  return (text) => replacements.reduce((result, [secret, shown]) => result.replaceAll(secret, () => shown), text)
}
