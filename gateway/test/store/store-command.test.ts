import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import { openSecretBox } from '../../src/store/secrets/secret-box.ts'
import { runCli, temporaryDirectory, type CliOptions } from '../support/run-cli.ts'

async function ran(args: readonly string[], options: CliOptions) {
  const cli = runCli(['store', ...args], options)
  const code = await cli.exited()
  return { code, stdout: cli.stdout(), stderr: cli.stderr() }
}

async function prepared(type: 'sqlite' | 'file') {
  const cwd = await temporaryDirectory()
  const path = join(cwd, 'data')
  writeFileSync(join(cwd, 'jairouter.yaml'), `store:\n  type: ${type}\n`)
  const box = await openSecretBox({ env: {}, path })
  const store = await openStore({ type, path }, { now: Date.now })
  await store.commit([
    { kind: 'put', collection: 'secrets', id: 'a', body: { key: box.seal('sk-canary', 'backend:a') } },
    { kind: 'append', log: 'audit', time: 1, body: { n: 1 } },
    { kind: 'append', log: 'audit', time: 2, body: { n: 2 } },
    { kind: 'add', counter: 'n', amount: 1 },
  ])
  return { cwd, path, store }
}

describe.each(['sqlite', 'file'] as const)('jairouter store with %s', (type) => {
  it('says what there is and that all is well, beside a gateway that holds it', async () => {
    const { cwd, store } = await prepared(type)
    const status = await ran(['status'], { cwd })
    const verified = await ran(['verify'], { cwd })
    await store.close()
    expect(status).toEqual({
      code: 0,
      stderr: '',
      stdout: `${type}, 1 commits\n  secrets: 1 documents\n  log audit: entries 1 to 2\n  1 counters\n`,
    })
    expect(verified).toEqual({ code: 0, stderr: '', stdout: `log audit: 2 entries, the chain holds\n${type}: all is well\n` })
  })

  it('rotates the key', async () => {
    const { cwd, path, store } = await prepared(type)
    await store.close()
    const { code, stdout } = await ran(['rotate-key'], { cwd })
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Sealed the secrets of 1 documents with key [\da-f]+\./)])
    expect(readdirSync(path)).toContain('secret.key.previous')
    const again = await openStore({ type, path }, { now: Date.now })
    const sealed = (await again.get('secrets', 'a'))?.body['key']
    await again.close()
    const box = await openSecretBox({ env: {}, path })
    expect(box.open(String(sealed), 'backend:a')).toBe('sk-canary')
    expect(String(sealed)).toContain(box.keyId)
    expect(readFileSync(join(path, 'secret.key'), 'utf8')).not.toBe(readFileSync(join(path, 'secret.key.previous'), 'utf8'))
  })
})

describe('jairouter store', () => {
  it('finds an entry that somebody has changed', async () => {
    const { cwd, path, store } = await prepared('sqlite')
    await store.close()
    const database = new DatabaseSync(join(path, 'jairouter.db'))
    database.exec(`update jairouter_entry set body = '{"n":3}' where sequence = 2`)
    database.close()
    const { code, stdout } = await ran(['verify'], { cwd })
    expect([code, stdout.split('\n')]).toEqual([
      1,
      ['the chain of the log audit is broken at entry 2, or after it', 'log audit: the chain breaks at entry 2', 'sqlite: 2 problems', ''],
    ])
    // A gateway starts with it all the same, and says so.
    const warnings: string[] = []
    const log = { info: () => undefined, warn: (_fields: unknown, message: string) => void warnings.push(message) }
    const again = await openStore({ type: 'sqlite', path }, { now: Date.now, log })
    expect([(await again.read('audit', { after: 1, limit: 1 }))[0]?.body, warnings]).toEqual([
      { n: 3 },
      [expect.stringContaining('verify')],
    ])
    await again.close()
  })

  it('refuses what is damaged, with exit code 1, and the wrong command line, with 2', async () => {
    const { cwd, path, store } = await prepared('file')
    await store.close()
    for (const name of readdirSync(join(path, 'store'))) if (name.startsWith('checkpoint')) truncateSync(join(path, 'store', name), 0)
    const names = readdirSync(join(path, 'store'))
    const damaged = await ran(['verify'], { cwd })
    expect([damaged.code, damaged.stderr, readdirSync(join(path, 'store'))]).toEqual([1, expect.stringContaining('damaged'), names])
    expect((await ran(['no-such'], { cwd })).code).toBe(2)
    expect((await ran(['--help'], { cwd })).stdout).toContain('rotate-key')
    writeFileSync(join(cwd, 'jairouter.yaml'), 'store: { type: memory }\n')
    expect(await ran(['status'], { cwd })).toMatchObject({ code: 1, stderr: expect.stringContaining('memory') })
  })
})
