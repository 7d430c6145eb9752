import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { applyRules } from './apply-rules.ts'
import { Findings } from './findings.ts'
import { builtin, pattern, setOf, words } from './fixtures/rules.ts'

it('a library for patterns is loaded with the first of them', () => {
  const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('re2js'))
  applyRules('a text', setOf(words('falcon'), builtin('email'), builtin('card')), new Findings())
  expect(loaded()).toBe(false)
  setOf(pattern('a+'))
  expect(loaded()).toBe(true)
})
