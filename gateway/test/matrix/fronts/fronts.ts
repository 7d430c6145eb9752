import { isNative, type Column } from '../columns.ts'
import { anthropic } from './anthropic.ts'
import type { Front } from './front.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { responses } from './responses.ts'

export const FRONTS: readonly Front[] = [openai, anthropic, responses, ollama]

/** The dialects whose clients a column is for: a native one has those of its own alone. */
export const frontsOf = (column: Column): readonly Front[] => FRONTS.filter(({ name }) => !isNative(column) || name === column.wire)
