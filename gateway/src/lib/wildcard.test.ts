import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matchesAny } from './wildcard.ts'

it.each([
  ['*', 'anything', true],
  ['gpt-*', 'gpt-4o', true],
  ['gpt-*', 'xgpt-4o', false],
  ['*-mini', 'gpt-4o-mini', true],
  ['a*b*c', 'a1b2c', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['exact', 'exact', true],
  ['exact', 'exact2', false],
])('%s %s → %s', (pattern, name, expected) => expect(matchesAny([pattern], name)).toBe(expected))

it('agrees with the regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
  fc.assert(
    fc.property(text, text, (pattern, name) => {
      expect(matchesAny([pattern], name)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name))
    }),
  )
})
