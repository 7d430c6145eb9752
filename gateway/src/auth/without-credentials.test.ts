import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { newKeyText } from './keys/key-text.ts'
import { withoutCredentials } from './without-credentials.ts'

it('takes keys and tokens out of a text, and nothing else', () => {
  const key = newKeyText(randomBytes)
  const refresh = 'jrr_bc236f5f36b2095ca4ea~011b57c3c6ec69094279.KFqeZJwgLN0hw2j5Z'
  const access = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
  expect(withoutCredentials(`keys/${key}: "${refresh}", ${access} and ${key}`)).toBe(
    'keys/(a credential): "(a credential)", (a credential) and (a credential)',
  )
  for (const text of ['jr-short', 'backends/jr-gpu-1', `${key}x`, 'eyJ.no.token', '']) expect(withoutCredentials(text)).toBe(text)
})
