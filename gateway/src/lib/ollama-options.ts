/** What an option holds: `strings` is a list of them, for which a single string may stand. */
export type OptionKind = 'number' | 'integer' | 'boolean' | 'strings'

/** How a model is loaded. */
export const LOADING_OPTIONS = {
  num_ctx: 'integer',
  num_batch: 'integer',
  num_gpu: 'integer',
  main_gpu: 'integer',
  num_thread: 'integer',
  use_mmap: 'boolean',
} as const satisfies Readonly<Record<string, OptionKind>>

/** All that Ollama's `options` hold, by their names there; the last five are of older releases. */
export const MODEL_OPTIONS = {
  ...LOADING_OPTIONS,
  temperature: 'number',
  top_p: 'number',
  top_k: 'integer',
  min_p: 'number',
  typical_p: 'number',
  seed: 'integer',
  stop: 'strings',
  num_predict: 'integer',
  num_keep: 'integer',
  draft_num_predict: 'integer',
  repeat_last_n: 'integer',
  repeat_penalty: 'number',
  presence_penalty: 'number',
  frequency_penalty: 'number',
  mirostat: 'integer',
  mirostat_tau: 'number',
  mirostat_eta: 'number',
  tfs_z: 'number',
  penalize_newline: 'boolean',
} as const satisfies Readonly<Record<string, OptionKind>>
