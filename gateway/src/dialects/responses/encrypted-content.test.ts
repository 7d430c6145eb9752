import { expect, it } from 'vitest'
import { openBlock, sealBlock } from './encrypted-content.ts'

it.each([[{ type: 'thinking', thinking: 'äöü → 🙂', signature: 'sig' }], [{ type: 'redacted_thinking', data: 'secret' }]])(
  '%j comes back',
  (block) => {
    expect(sealBlock(block)).toMatch(/^jairouter\.1\.[\w-]+$/)
    expect(openBlock(sealBlock(block))).toEqual(block)
  },
)

it.each([
  [undefined],
  [null],
  [''],
  [7],
  ['gAAAAABo'],
  ['jairouter.1.'],
  ['jairouter.1.!!'],
  [sealBlock({ type: 'text', text: 'a' })],
  [sealBlock({ type: 'thinking' }).slice(1)],
  [`jairouter.1.${Buffer.from('[]').toString('base64url')}`],
])('%j is not ours', (content) => expect(openBlock(content)).toBeUndefined())
