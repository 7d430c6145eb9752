import type { WireName } from '../doubles/double.ts'

export type ColumnName =
  | 'openai'
  | 'ollama'
  | 'anthropic'
  | 'claude'
  | 'claude-5'
  | 'gemini'
  | 'gemini-3'
  | 'cohere'
  | 'native-ollama'
  | 'native-anthropic'

/** A backend as the matrix has it. */
export interface Column {
  readonly name: ColumnName
  readonly wire: WireName
  /** The adapter. */
  readonly type: string
  /** The upstream's name for the model. */
  readonly model: string
}

/** Those of the built-in ones that pass a client's own dialect through, made to translate it as well. */
export const ADAPTERS = {
  'translated-ollama': { extends: 'ollama-native', native: {} },
  'translated-anthropic': { extends: 'anthropic', native: {} },
} as const

/** Two wire formats stand here more than once, since what they can say depends on the model. */
export const COLUMNS: readonly Column[] = [
  { name: 'openai', wire: 'openai', type: 'openai', model: 'gpt' },
  { name: 'ollama', wire: 'ollama', type: 'translated-ollama', model: 'qwen' },
  // Another vendor's model behind Anthropic's form: a budget of thinking, no structured output.
  { name: 'anthropic', wire: 'anthropic', type: 'translated-anthropic', model: 'glm' },
  { name: 'claude', wire: 'anthropic', type: 'translated-anthropic', model: 'claude-sonnet-4-6' },
  // Takes least: no sampling, no forced calls, no end to its thinking.
  { name: 'claude-5', wire: 'anthropic', type: 'translated-anthropic', model: 'claude-opus-5-5' },
  { name: 'gemini', wire: 'gemini', type: 'gemini', model: 'gemini-2.5-flash' },
  { name: 'gemini-3', wire: 'gemini', type: 'gemini', model: 'gemini-3-pro' },
  { name: 'cohere', wire: 'cohere', type: 'cohere', model: 'command-a' },
]

/** What clients of the same dialect are passed through to. */
export const NATIVE_COLUMNS: readonly Column[] = [
  { name: 'native-ollama', wire: 'ollama', type: 'ollama-native', model: 'qwen' },
  { name: 'native-anthropic', wire: 'anthropic', type: 'anthropic', model: 'glm' },
]

/** Where a failure is the same for each model of a wire format, one of them stands for all. */
export const ONE_OF_EACH = [...COLUMNS.filter(({ name }) => !['claude', 'claude-5', 'gemini-3'].includes(name)), ...NATIVE_COLUMNS]

export const isNative = ({ name }: Column): boolean => name.startsWith('native-')
