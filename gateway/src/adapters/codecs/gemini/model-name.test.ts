import { expect, test } from 'vitest'
import { isThirdGeneration, methodPath, resourceName } from './model-name.ts'

test.each([
  ['gemini-2.5-flash', 'models/gemini-2.5-flash', '/v1beta/models/gemini-2.5-flash:embed'],
  ['models/gemini-2.5-flash', 'models/gemini-2.5-flash', '/v1beta/models/gemini-2.5-flash:embed'],
  ['tunedModels/my-own', 'tunedModels/my-own', '/v1beta/tunedModels/my-own:embed'],
  ['a/../b?c#d', 'models/a/../b?c#d', '/v1beta/models/a%2F..%2Fb%3Fc%23d:embed'],
  ['models/', 'models/models/', '/v1beta/models/models%2F:embed'],
])('the path of %s stays below its collection', (model, resource, path) => {
  expect(resourceName(model)).toBe(resource)
  expect(methodPath(model, 'embed')).toBe(path)
})

test.each([
  ['gemini-3-pro-preview', true],
  ['models/gemini-3.1-flash-lite', true],
  ['gemini-10-pro', true],
  ['gemini-2.5-pro', false],
  ['gemini-flash-latest', false],
  ['gemma-3-27b', false],
  ['my-gemini-3-pro', false],
])('generation of %s', (model, third) => {
  expect(isThirdGeneration(model)).toBe(third)
})
