import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keysCommand } from '../../src/commands/keys-command.ts'
import { usersCommand } from '../../src/commands/users-command.ts'
import { runCli, temporaryDirectory } from '../support/run-cli.ts'
import { ADMIN, startJoined, type Joined } from '../support/start-joined.ts'

interface Ran {
  readonly code: number
  readonly out: string
  readonly errors: string
}

async function commandsOn(joined: Joined) {
  const env = { JAIROUTER_URL: joined.adminUrl, JAIROUTER_TOKEN: await joined.signIn(ADMIN.name, ADMIN.password) }
  const noStore = () => Promise.reject(new Error('the store is not to be opened'))
  const ran = async (run: (write: (line: string) => void, writeError: (line: string) => void) => Promise<number>): Promise<Ran> => {
    const [out, errors]: [string[], string[]] = [[], []]
    const code = await run(
      (line) => void out.push(line),
      (line) => void errors.push(line),
    )
    return { code, out: out.join('\n'), errors: errors.join('\n') }
  }
  return {
    env,
    keys: (...args: string[]) =>
      ran((write, writeError) => keysCommand(args, { open: noStore, env, cwd: '/', write, writeError, now: Date.now })),
    users: (args: readonly string[], stdin = '') =>
      ran((write, writeError) =>
        usersCommand(args, {
          openStore: noStore,
          readStdin: () => Promise.resolve(stdin),
          env,
          cwd: '/',
          write,
          writeError,
          now: Date.now,
          random: randomBytes,
        }),
      ),
  }
}

describe('over the management API of a gateway that runs', () => {
  it('keys are made, listed, rotated and revoked', async () => {
    const joined = await startJoined({ config: { auth: { keys: [{ name: 'of-config', key: 'a-key-of-the-config' }] } } })
    const { keys } = await commandsOn(joined)
    const made = await keys('create', 'ci', '--models', 'gpt-*', '--tags', 'batch')
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^The key "ci" \(k-\w+\) is made\. .*\njr-/) })
    const [, id = ''] = /\((k-\w+)\)/.exec(made.out) ?? []
    expect(await joined.fields(`/keys/${id}`)).toMatchObject({ name: 'ci', models: ['gpt-*'], tags: ['batch'], createdBy: ADMIN.name })
    expect((await keys('list')).out.split('\n')).toEqual([
      expect.stringMatching(/^ID +NAME +SOURCE/),
      expect.stringMatching(new RegExp(`^${id} +ci +store +active +…`)),
      expect.stringMatching(/^of-config +of-config +config +active/),
    ])
    expect((await keys('rotate', 'ci', '--overlap', '1h')).out).toMatch(/the one before works until .*\njr-/)
    expect(await keys('revoke', 'ci')).toMatchObject({ code: 0, out: `The key ${id} is revoked.` })
    expect(await keys('revoke', 'ci')).toMatchObject({ code: 1, errors: expect.stringContaining('There is no key "ci"') })
    expect(await keys('create', 'of-config')).toMatchObject({ code: 1, errors: expect.stringContaining('already') })
    expect(await keys('list', '--url', 'ftp://x')).toMatchObject({ code: 2 })
    expect(await keys('list', '--url', 'http://127.0.0.1:1')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('cannot be reached'),
    })
    expect(await keys('list', '--token', 'nonsense')).toMatchObject({ code: 1, errors: expect.not.stringContaining(' at ') })
  })

  it('more keys than one page holds are all listed', async () => {
    const joined = await startJoined()
    const { keys } = await commandsOn(joined)
    const many = Array.from({ length: 620 }, (_, n) => ({ name: `k${n}`, hash: n.toString(16).padStart(64, '0') }))
    await joined.fields('/keys/import', { body: { keys: many } })
    expect((await keys('list')).out.split('\n')).toHaveLength(621)
  }, 20_000)

  it('users are made, listed, changed and deleted', async () => {
    const joined = await startJoined()
    const { users } = await commandsOn(joined)
    const password = 'the password of bob'
    expect(await users(['create', 'bob', '--role', 'viewer', '--password-stdin'], `${password}\n`)).toMatchObject({
      code: 0,
      out: 'bob is made',
    })
    await joined.signIn('bob', password)
    expect((await users(['list'])).out.split('\n')).toEqual([
      expect.stringMatching(/^admin +admin +enabled +password/),
      expect.stringMatching(/^bob +viewer +enabled +password/),
    ])
    expect(await users(['disable', 'BOB'])).toMatchObject({ code: 0 })
    expect(JSON.parse((await users(['list', '--json'])).out)).toMatchObject({ users: [{ name: 'admin' }, { name: 'bob', enabled: false }] })
    expect(await users(['enable', 'bob'])).toMatchObject({ out: 'bob is enabled' })
    expect((await users(['set-password', 'bob'])).out).toMatch(/^bob has another password, to be changed at the first sign-in: [\w-]{24}$/)
    expect(await users(['delete', 'bob'])).toMatchObject({ code: 0, out: 'bob is deleted' })
    expect(await users(['delete', 'bob'])).toMatchObject({ code: 1, errors: 'jairouter users: There is no user bob' })
    expect(await users(['delete', 'admin'])).toMatchObject({ code: 1, errors: expect.stringContaining('last enabled admin') })
  })
})

describe('on the store of a config', () => {
  it('that is named, users and keys are made before the gateway starts, by what the config says', async () => {
    const cwd = await temporaryDirectory()
    const rule = { name: 'mail', match: { builtin: 'email' }, action: 'mask' }
    writeFileSync(join(cwd, 'other.yaml'), JSON.stringify({ store: { type: 'sqlite', path: './elsewhere' }, contentRules: [rule] }))
    const ran = async (...args: string[]) => {
      const cli = runCli([...args, '--config', 'other.yaml'], { cwd })
      return { code: await cli.exited(), text: cli.stdout() + cli.stderr() }
    }
    expect(await ran('users', 'create', 'root', '--role', 'admin')).toMatchObject({
      code: 0,
      text: expect.stringContaining('root is made'),
    })
    expect((await ran('users', 'list')).text).toMatch(/^root +admin/)
    expect(await ran('keys', 'create', 'app', '--content', 'mail')).toMatchObject({ code: 0 })
    expect(await ran('keys', 'create', 'other', '--content', 'mial')).toMatchObject({
      code: 1,
      text: expect.stringContaining('There is no content rule'),
    })
  }, 30_000)

  it('what is wrong with it is said, with exit code 1 and no stack', async () => {
    const cwd = await temporaryDirectory()
    writeFileSync(join(cwd, 'wrong.yaml'), 'store: { type: tape }\n')
    writeFileSync(join(cwd, 'memory.yaml'), 'store: { type: memory }\n')
    for (const [config, said] of [
      ['wrong.yaml', 'wrong.yaml:1:16: store.type'],
      ['none.yaml', 'none.yaml'],
      ['memory.yaml', 'store.type is memory'],
    ] as const)
      for (const command of [
        ['keys', 'list'],
        ['users', 'list'],
        ['audit', 'verify'],
      ]) {
        const cli = runCli([...command, '--config', config], { cwd })
        const code = await cli.exited()
        expect([code, cli.stderr()], `${command.join(' ')} ${config}`).toEqual([1, expect.stringContaining(said)])
        expect(cli.stderr()).not.toMatch(/\n\s+at /)
      }
  }, 60_000)
})
