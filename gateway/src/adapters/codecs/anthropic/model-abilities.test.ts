import { describe, expect, it } from 'vitest'
import { abilitiesOf } from './model-abilities.ts'

const COMPATIBLE = {
  defaultMaxTokens: 8192,
  thinking: 'budget',
  thinkingOff: 'disabled',
  xhighEffort: false,
  sampling: 'both',
  structuredOutput: false,
  forcedTools: true,
  prefill: true,
}
const OLDEST = { ...COMPATIBLE, defaultMaxTokens: 4096, thinking: 'none' }
const THREE_FIVE = { ...OLDEST, defaultMaxTokens: 8192 }
const BUDGET = { ...COMPATIBLE, defaultMaxTokens: 32_000 }
const FOUR_ONE = { ...BUDGET, sampling: 'either' }
const FOUR_FIVE = { ...FOUR_ONE, structuredOutput: true }
const FOUR_SIX = { ...FOUR_FIVE, thinking: 'adaptive', prefill: false }
const FOUR_SEVEN = { ...FOUR_SIX, xhighEffort: true, sampling: 'none' }
const UNFORCED = { ...FOUR_SEVEN, forcedTools: false, thinkingOff: 'never' }

describe('abilitiesOf', () => {
  it.each([
    ['deepseek-chat', COMPATIBLE],
    ['claude-instant-1.2', OLDEST],
    ['claude-2.1', OLDEST],
    ['anthropic.claude-v2:1', OLDEST],
    ['claude-3-opus-20240229', OLDEST],
    ['claude-3-5-sonnet-20241022', THREE_FIVE],
    ['anthropic/claude-3.5-haiku', THREE_FIVE],
    ['claude-3-6-sonnet', THREE_FIVE],
    ['claude-3-7-sonnet-latest', BUDGET],
    ['claude-sonnet-4-20250514', BUDGET],
    ['claude-opus-4@20250514', BUDGET],
    ['claude-opus-4-0', BUDGET],
    ['claude-opus-4-1-20250805', { ...FOUR_ONE, structuredOutput: true }],
    ['claude-sonnet-4-1', FOUR_ONE],
    ['claude-sonnet-4-4', FOUR_ONE],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', FOUR_FIVE],
    ['claude-haiku-4-5', FOUR_FIVE],
    ['Claude-Opus-4.5', FOUR_FIVE],
    ['claude-sonnet-4-6', FOUR_SIX],
    ['anthropic/claude-4.6-opus', FOUR_SIX],
    ['claude-opus-4-7', FOUR_SEVEN],
    ['claude-sonnet-5', FOUR_SEVEN],
    ['claude-opus-5', FOUR_SEVEN],
    ['claude-opus-5-1', { ...FOUR_SEVEN, forcedTools: false }],
    ['claude-opus-5-4', { ...FOUR_SEVEN, forcedTools: false }],
    ['claude-haiku-5-5', FOUR_SEVEN],
    ['claude-sonnet-5-5', { ...UNFORCED, thinkingOff: 'between_tools' }],
    ['claude-opus-5-5', UNFORCED],
    ['claude-fable-5', { ...UNFORCED, forcedTools: true }],
    ['claude-mythos-5', { ...UNFORCED, forcedTools: true }],
    ['claude-fable-5-1', UNFORCED],
    ['claude-mythos-preview', UNFORCED],
  ])('%s', (name, abilities) => expect(abilitiesOf(name)).toEqual(abilities))
})
