import { expect, it } from 'vitest'
import { typeOfOwner } from './owned-by.ts'

it.each([
  ['vllm', 'vllm'],
  ['LocalAI', 'localai'],
  ['library', 'ollama'],
  ['Library', 'ollama'],
  ['organization_owner', 'lmstudio'],
  ['somebody', 'somebody'],
])('%s amounts to %s', (owner, type) => {
  expect(typeOfOwner(owner)).toBe(type)
})
