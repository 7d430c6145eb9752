import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSecretBox } from './secret-box.ts'

const HEX = 'ab'.repeat(32)
const BASE64 = Buffer.alloc(32, 7).toString('base64')

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'jairouter-secrets-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('a sealed value', () => {
  it('can be opened for its purpose, differs every time, and shows nothing', async () => {
    const box = await openSecretBox({ env: {}, path: undefined })
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, purpose) => {
        const sealed = box.seal(text, purpose)
        // What is no text becomes the replacement character, as in every encoding to UTF-8.
        expect(box.open(sealed, purpose)).toBe(text.toWellFormed())
        expect(sealed.startsWith('sealed:v1:')).toBe(true)
        expect(box.seal(text, purpose)).not.toBe(sealed)
        if (text.length > 8) expect(sealed).not.toContain(text)
      }),
    )
  })

  it('cannot be opened for another purpose, nor once any of it was changed', async () => {
    const box = await openSecretBox({ env: {}, path: undefined })
    const sealed = box.seal('sk-canary', 'backend:a')
    expect(() => box.open(sealed, 'backend:b')).toThrow(/sealed for backend:a/)
    expect(() =>
      box.open(sealed.replace(Buffer.from('backend:a').toString('base64url'), Buffer.from('backend:b').toString('base64url')), 'backend:b'),
    ).toThrow(/not what was sealed/)
    const content = sealed.lastIndexOf(':') + 1
    for (let at = content; at < sealed.length - 1; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A'
      expect(() => box.open(`${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`, 'backend:a')).toThrow(/not what was sealed/)
    }
    for (const none of ['', 'sk-canary', 'sealed:v1:', 'sealed:v1:a:b', `${sealed}:x`]) expect(() => box.open(none, 'p')).toThrow(/none/)
    expect(() => box.open(`sealed:v1:${box.keyId}:${Buffer.from('p').toString('base64url')}:AAAA`, 'p')).toThrow(/not what was sealed/)
  })

  it('of another key names the variable and no secret', async () => {
    const one = await openSecretBox({ env: { JAIROUTER_SECRET_KEY: HEX }, path: folder() })
    const other = await openSecretBox({ env: { JAIROUTER_SECRET_KEY: BASE64 }, path: folder() })
    const refusal = attempt(() => other.open(one.seal('sk-canary', 'p'), 'p'))
    expect(refusal).toMatchObject({ name: 'StoreError', kind: 'damaged', message: expect.stringContaining('JAIROUTER_SECRET_KEY') })
    expect(String(refusal)).not.toContain('canary')
    expect([one.digest('x') === other.digest('x'), one.digest('x') === one.digest('x'), one.digest('x')]).toEqual([
      false,
      true,
      expect.stringMatching(/^[\da-f]{64}$/),
    ])
  })
})

describe('the key', () => {
  it('is taken from the environment as hex or base64, and nothing is written', async () => {
    const path = folder()
    const box = await openSecretBox({ env: { JAIROUTER_SECRET_KEY: HEX }, path })
    const same = await openSecretBox({ env: { JAIROUTER_SECRET_KEY: Buffer.from(HEX, 'hex').toString('base64url') }, path })
    expect([same.open(box.seal('s', 'p'), 'p'), readdirSync(path)]).toEqual(['s', []])
  })

  it.each(['short', 'ab'.repeat(31), 'ab'.repeat(33), `${BASE64}${BASE64}`, 'not base64!'.repeat(4)])(
    'that is %s is refused by the name of its variable',
    async (key) => {
      const refusal = await openSecretBox({ env: { JAIROUTER_SECRET_KEY: key }, path: folder() }).catch((error: unknown) => error)
      expect(refusal).toMatchObject({ name: 'StoreError', message: expect.stringContaining('JAIROUTER_SECRET_KEY') })
      expect(String(refusal)).not.toContain(key)
    },
  )

  it('is made at the first start, for its owner alone, and found at the next', async () => {
    const path = join(folder(), 'data')
    const told: string[] = []
    const log = { warn: () => undefined, info: (_fields: unknown, message: string) => void told.push(message) }
    const first = await openSecretBox({ env: {}, path, log })
    const again = await openSecretBox({ env: {}, path, log })
    expect([again.open(first.seal('s', 'p'), 'p'), told.length, readdirSync(path)]).toEqual(['s', 1, ['secret.key']])
    expect(statSync(join(path, 'secret.key')).mode & 0o777).toBe(0o600)
  })

  it('that others may read, or that is no key, is refused', async () => {
    const path = folder()
    await openSecretBox({ env: {}, path })
    chmodSync(join(path, 'secret.key'), 0o640)
    await expect(openSecretBox({ env: {}, path })).rejects.toMatchObject({ message: expect.stringMatching(/secret\.key .*chmod 600/) })
    writeFileSync(join(path, 'secret.key'), 'half', { mode: 0o600 })
    chmodSync(join(path, 'secret.key'), 0o600)
    await expect(openSecretBox({ env: {}, path })).rejects.toMatchObject({
      kind: 'damaged',
      message: expect.stringContaining('secret.key'),
    })
    expect(readFileSync(join(path, 'secret.key'), 'utf8')).toBe('half')
  })

  it('of a rotation is found while the process runs, and the one before as long as it is there', async () => {
    const path = folder()
    const running = await openSecretBox({ env: {}, path })
    const before = running.seal('old', 'p')
    renameSync(join(path, 'secret.key'), join(path, 'secret.key.previous'))
    const rotated = await openSecretBox({ env: {}, path })
    expect([rotated.open(before, 'p'), running.open(rotated.seal('new', 'p'), 'p'), running.keyId]).toEqual(['old', 'new', rotated.keyId])
    rmSync(join(path, 'secret.key.previous'))
    const later = await openSecretBox({ env: {}, path })
    expect(() => later.open(before, 'p')).toThrow(/another key/)
    const old = { JAIROUTER_SECRET_KEY: HEX, JAIROUTER_SECRET_KEY_PREVIOUS: BASE64 }
    const sealed = (await openSecretBox({ env: { JAIROUTER_SECRET_KEY: BASE64 }, path })).seal('s', 'p')
    expect((await openSecretBox({ env: old, path })).open(sealed, 'p')).toBe('s')
  })
})

function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
