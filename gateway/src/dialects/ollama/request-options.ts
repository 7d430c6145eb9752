import { isAbsent, type JsonObject } from '../../lib/json.ts'
import { LOADING_OPTIONS, MODEL_OPTIONS, type OptionKind } from '../../lib/ollama-options.ts'
import { invalid, optionalObject } from '../canonical/field-checks.ts'

type Kinds = Readonly<Record<string, OptionKind>>

const EXPECTED: Readonly<Record<OptionKind, string>> = {
  number: 'a number',
  integer: 'a number',
  boolean: 'a boolean',
  strings: 'an array of strings',
}

/**
 * `options` -> fields of the body. Those that OpenAI has take its names; the others keep theirs, for the backends that
 * know them. Unknown ones are left out: Ollama passes over them too, and beside the others they could pass for a field
 * that they are not. Throws a GatewayError that names the option.
 */
export function generationOptions(options: unknown): JsonObject {
  const { num_predict: maximum, seed, stop, ...rest } = optionsOf(options, MODEL_OPTIONS)
  return {
    ...rest,
    // Ollama writes "no limit" and "any seed" as numbers, OpenAI by leaving the field out.
    ...(typeof maximum === 'number' && maximum > 0 ? { max_tokens: maximum } : {}),
    ...(typeof seed === 'number' && seed !== -1 ? { seed } : {}),
    ...(Array.isArray(stop) && stop.length > 0 ? { stop } : {}),
  }
}

/** Of `options` what matters where nothing is generated; clients send all that they have. */
export function loadingOptions(options: unknown): JsonObject {
  return optionsOf(options, LOADING_OPTIONS)
}

function optionsOf(options: unknown, kinds: Kinds): JsonObject {
  const given = optionalObject(options, 'options') ?? {}
  return Object.fromEntries(
    Object.entries(kinds)
      .filter(([name]) => !isAbsent(given[name]))
      .map(([name, kind]) => [name, valueOf(given[name], kind, `options.${name}`)]),
  )
}

function valueOf(value: unknown, kind: OptionKind, path: string): unknown {
  switch (kind) {
    case 'strings':
      if (typeof value === 'string') return [value]
      if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value
      break
    case 'integer':
      // As Ollama does.
      if (typeof value === 'number') return Math.trunc(value)
      break
    case 'number':
    case 'boolean':
      if (typeof value === kind) return value
      break
  }
  throw invalid(path, EXPECTED[kind])
}
