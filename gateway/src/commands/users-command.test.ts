import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AUDIT_LOG } from '../auth/audit/audit-entry.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { usersCommand } from './users-command.ts'

const PASSWORD = 'correct horse battery'

function createCli() {
  const store = new MemoryStore()
  let out: string[] = []
  // Closed by each command; the memory has to outlive it.
  store.close = () => Promise.resolve()
  const run = async (args: readonly string[], stdin = '') => {
    out = []
    const say = (line: string) => void out.push(line)
    const options = {
      openStore: async () => store,
      env: {},
      cwd: '/',
      readStdin: async () => stdin,
      write: say,
      writeError: say,
      now: () => 0,
      random: randomBytes,
    }
    const code = await usersCommand(args, options)
    return { code, text: out.join('\n') }
  }
  return { run, store }
}

describe('jairouter users', () => {
  it('makes, lists, disables, enables and deletes users', async () => {
    const { run, store } = createCli()
    expect(await run(['create', 'root', '--role', 'admin', '--password-stdin'], `${PASSWORD}\n`)).toEqual({ code: 0, text: 'root is made' })
    const made = await run(['create', 'ada', '--role', 'viewer', '--email', 'ada@example.com'])
    expect(made).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^ada is made; the password, to be changed at the first sign-in: [\w-]{24}$/),
    })
    expect((await run(['disable', 'ADA'])).code).toBe(0)
    const list = await run(['list'])
    expect(list.text.split('\n')).toEqual([
      expect.stringMatching(/^ada {3}viewer {5}disabled {2}password {2}1970-01-01/),
      expect.stringMatching(/^root {2}admin {6}enabled /),
    ])
    expect((await run(['enable', 'ada'])).code).toBe(0)
    expect(JSON.parse((await run(['list', '--json'])).text)).toMatchObject({ users: [{ name: 'ada', enabled: true }, { name: 'root' }] })
    expect((await run(['set-password', 'ada', '--password-stdin'], 'another of that kind')).text).toBe('ada has another password')
    expect((await run(['delete', 'ada'])).code).toBe(0)
    expect((await run(['list'])).text).not.toContain('ada')
    const audit = await store.read(AUDIT_LOG, { after: 0, limit: 100 })
    expect(audit.map(({ body }) => `${body['by']} ${body['action']}`)).toEqual(
      ['user.create', 'user.create', 'user.update', 'user.update', 'user.password', 'user.delete'].map((action) => `cli ${action}`),
    )
  })

  it('says what could not be done, and does nothing', async () => {
    const { run } = createCli()
    await run(['create', 'root', '--role', 'admin', '--password-stdin'], PASSWORD)
    expect(await run(['delete', 'root'])).toEqual({
      code: 1,
      text: 'jairouter users: This is the last enabled admin; make another one first',
    })
    expect(await run(['disable', 'nobody'])).toEqual({ code: 1, text: 'jairouter users: There is no user nobody' })
    expect((await run(['create', 'ROOT', '--role', 'viewer'])).text).toContain('There is a user named ROOT already')
    expect(await run(['create', 'x', '--role', 'viewer', '--password-stdin'], 'short')).toMatchObject({
      code: 1,
      text: expect.stringContaining('at least 12'),
    })
    expect((await run(['list'])).text.split('\n')).toHaveLength(1)
  })

  it.each([
    [[], 'which command?'],
    [['make'], 'there is no command "make"'],
    [['toString', 'x'], 'there is no command "toString"'],
    [['delete'], 'delete wants a NAME'],
    [['create', 'x'], '--role wants one of'],
    [['create', 'x', '--role', 'king'], '--role wants one of'],
    [['delete', 'x', '--json'], 'delete takes no --json'],
    [['list', 'x'], 'too much'],
    [['list', '--nonsense'], 'nonsense'],
  ])('does not take %j', async (args, message) => {
    const { code, text } = await createCli().run(args)
    expect(code).toBe(2)
    expect(text).toContain(message)
    expect(text).toContain('Usage: jairouter users')
  })

  it('has help', async () => {
    expect(await createCli().run(['--help'])).toMatchObject({ code: 0, text: expect.stringContaining('set-password NAME') })
  })
})
