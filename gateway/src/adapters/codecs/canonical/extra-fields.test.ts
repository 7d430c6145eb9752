import { expect, test } from 'vitest'
import { extrasOf } from './extra-fields.ts'

test('what is given and not known', () => {
  expect(extrasOf({ model: 'm', x: 0, y: null, z: undefined, top_k: '' }, new Set(['model', 'input']))).toEqual({ x: 0, top_k: '' })
})
