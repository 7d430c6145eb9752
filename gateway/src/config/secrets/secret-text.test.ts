import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpolate } from '../interpolate.ts'
import { maskSecret } from './mask.ts'
import { secretsIn, withoutSecret } from './secret-text.ts'

function keeper() {
  const kept = new Map<string, string>()
  const keep = (secret: string) => {
    const id = createHash('sha256').update(secret).digest('hex').slice(0, 32)
    kept.set(id, secret)
    return id
  }
  return { keep, kept, secretOf: (id: string) => kept.get(id) }
}

const ID = '[0-9a-f]{32}'

describe('a text without its secret', () => {
  it.each([
    ['sk-live', `^\\$\\{secret:${ID}\\}$`],
    ['Bearer sk-live', `^Bearer \\$\\{secret:${ID}\\}$`],
    ['${KEY}', '^\\$\\{KEY\\}$'],
    ['${KEY:-}', '^\\$\\{KEY:-\\}$'],
    ['${KEY:-sk-live}', `^\\$\\{KEY:-secret:${ID}\\}$`],
    ['Bearer ${KEY}', '^Bearer \\$\\{KEY\\}$'],
    ['sk-${KEY}-live', `^\\$\\{secret:${ID}\\}\\$\\{KEY\\}\\$\\{secret:${ID}\\}$`],
    ['sk$$live', `^\\$\\{secret:${ID}\\}$`],
    ['${broken', `^\\$\\{secret:${ID}\\}$`],
    ['', '^$'],
  ])('%s', (text, expected) => {
    expect(withoutSecret(text, 'stored', keeper().keep)).toMatch(new RegExp(expected))
  })

  it('is the digest where nobody has to read it again', () => {
    const digest = createHash('sha256').update('my-$-key-1').digest('hex')
    expect(withoutSecret('my-$$-key-1', 'digest', keeper().keep)).toBe(`sha256:${digest}`)
    expect(withoutSecret(`sha256:${digest}`, 'digest', keeper().keep)).toBe(`sha256:${digest}`)
    expect(withoutSecret('${CI_KEY}', 'digest', keeper().keep)).toBe('${CI_KEY}')
  })

  it('means the same as before, stays so, and holds none of it', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9-]{8,20}$/)
    const piece = fc.oneof(
      secret,
      fc.constantFrom('${SET}', '${SET:-x}', '$$', '$', 'Bearer '),
      secret.map((text) => `\${UNSET:-${text}}`),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const { keep, kept, secretOf } = keeper()
        const text = pieces.join('')
        const references = { env: { SET: 'value-of-it' }, secretOf }
        const sealed = withoutSecret(text, 'stored', keep)
        const [before, after] = [interpolate(text, references), interpolate(sealed, references)]
        if ('value' in before) expect(after).toMatchObject({ value: before.value })
        for (const whole of kept.values()) if (whole.length >= 8) expect(sealed).not.toContain(whole)
        expect(withoutSecret(sealed, 'stored', keep)).toBe(sealed)
        for (const id of secretsIn(sealed)) expect(kept.has(id)).toBe(true)
      }),
    )
  })
})

describe('a masked secret', () => {
  const { keep, secretOf } = keeper()
  const stored = keep('a-secret-of-length')
  const references = { env: { SET: 'from-environment', SHORT: 'tiny' }, secretOf }

  it.each([
    ['${SET}', { set: true, last4: 'ment', from: 'env:SET', resolved: true }],
    ['${SHORT}', { set: true, from: 'env:SHORT', resolved: true }],
    ['${NONE}', { set: true, from: 'env:NONE', resolved: false }],
    [`\${secret:${stored}}`, { set: true, last4: 'ngth', from: 'stored', resolved: true }],
    [`\${NONE:-secret:${stored}}`, { set: true, last4: 'ngth', from: 'stored', resolved: true }],
    [`\${secret:${'0'.repeat(32)}}`, { set: true, from: 'stored', resolved: false }],
    [`sha256:${'a'.repeat(64)}`, { set: true, from: 'file', resolved: true }],
    ['', ''],
    [null, null],
  ])('%s', (text, masked) => {
    expect(maskSecret(text, references)).toEqual(masked)
  })
})
