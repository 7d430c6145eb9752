import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createKeyFileReader } from './read-key-file.ts'
import { readPem } from './token-keys.ts'

const pem = ({ privateKey }: { readonly privateKey: KeyObject }) => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const p384 = pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }))
const p256 = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const short = pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }))

describe('a key from a file', () => {
  it.each([
    ['RS256', p256, 'RS256 needs an RSA key of 2048 bits or more'],
    ['RS256', short, 'RS256 needs an RSA key of 2048 bits or more'],
    ['ES256', p384, 'ES256 needs an EC key on the curve P-256'],
    ['ES256', 'nonsense', 'holds no private key in PEM'],
  ] as const)('for %s must be of its kind', (algorithm, text, message) => {
    expect(() => readPem(text, algorithm)).toThrow(message)
  })

  it('must be readable by nobody else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'jairouter-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const read = createKeyFileReader(directory)
    await writeFile(join(directory, 'key.pem'), p256, { mode: 0o600 })
    expect(await read('key.pem')).toBe(p256)
    await chmod(join(directory, 'key.pem'), 0o640)
    await expect(read('key.pem')).rejects.toThrow('others may read key.pem; chmod 600 it')
    await expect(read('none.pem')).rejects.toThrow('none.pem cannot be read')
    await writeFile(join(directory, 'large.pem'), 'x'.repeat(70_000), { mode: 0o600 })
    await expect(read('large.pem')).rejects.toThrow('too large')
  })
})
