import { expect, test } from 'vitest'
import { sseEvent } from './sse-event.ts'
import { createSseReader } from './sse-reader.ts'

test('an event as a reader has it', () => {
  const event = sseEvent('ping', { type: 'ping', text: 'a\n\nb' })
  expect(event).toBe('event: ping\ndata: {"type":"ping","text":"a\\n\\nb"}\n\n')
  const [read, ...others] = createSseReader(1_000).push(Buffer.from(event))
  expect(others).toEqual([])
  expect([read?.name, read?.data?.toString()]).toEqual(['ping', '{"type":"ping","text":"a\\n\\nb"}'])
})
