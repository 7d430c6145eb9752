import type { NativeDialect } from '@jairouter/contract/adapter'
import { createMessagesTap, messagesUsage } from '../../dialects/anthropic/native-stream.ts'
import { createLinesReader, createOllamaTap, ollamaUsage } from '../../dialects/ollama/native-stream.ts'
import { createSseReader } from '../../lib/sse-reader.ts'
import type { FrontCall } from './front.ts'

type Native = NonNullable<FrontCall['native']>

export const MESSAGES_NATIVE: Native = {
  dialect: 'messages',
  streamType: 'text/event-stream; charset=utf-8',
  createReader(maximumEventBytes) {
    const reader = createSseReader(maximumEventBytes)
    // A last event without its blank line is none.
    return { push: (bytes) => reader.push(bytes), flush: () => [] }
  },
  createTap: createMessagesTap,
  usageOf: messagesUsage,
}

export function ollamaNative(dialect: NativeDialect): Native {
  return { dialect, streamType: 'application/x-ndjson', createReader: createLinesReader, createTap: createOllamaTap, usageOf: ollamaUsage }
}
