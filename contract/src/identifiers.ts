import { z } from 'zod'

/** What things of the config are called by: it stands in paths, logs and labels. */
export const identifier = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'expected letters, digits, ".", "_" or "-", beginning with a letter or digit')

export const modelName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\s\p{Cc}]+$/u, 'expected a model name without spaces or control characters')
