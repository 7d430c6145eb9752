import { parseArgs } from 'node:util'
import { ROLES, type Role } from '@jairouter/contract/management/roles'
import { AccountProblem } from '../auth/accounts/account-problem.ts'
import { AccountStore } from '../auth/accounts/account-store.ts'
import { deriveArgon2id } from '../auth/accounts/derive.ts'
import { createPasswordHasher } from '../auth/accounts/password-hasher.ts'
import { randomToken, type RandomBytes } from '../auth/accounts/random.ts'
import type { StoredUser } from '../auth/accounts/user-record.ts'
import { Users } from '../auth/accounts/users.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { Store } from '../store/port.ts'
import { StoreError } from '../store/store-error.ts'

const USAGE = `Usage: jairouter users <command>

  list                       all users
  create NAME --role ROLE    make a user: ${ROLES.join(', ')}
  set-password NAME          give a user another password, which ends all sessions
  disable NAME               keep a user out, which ends all sessions
  enable NAME                let a user in again
  delete NAME

  --password-stdin           for create and set-password: read the password from standard input (its first line);
                             otherwise one is made, printed once, and has to be changed at the first sign-in
  --display-name TEXT, --email ADDRESS, --team NAME
                             for create
  --json                     for list: as JSON

They work on the store itself, whether the gateway runs or not.`

export interface UsersCommandOptions {
  readonly openStore: () => Promise<Store>
  readonly readStdin: () => Promise<string>
  readonly write: (line: string) => void
  readonly writeError: (line: string) => void
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly random: RandomBytes
}

interface Wish {
  readonly command: string
  readonly name: string
  readonly values: Values
}

type Values = ReturnType<typeof parse>['values']

const origin = { actor: { kind: 'cli' } } as const

/** Resolves with the exit code. */
export async function usersCommand(args: readonly string[], options: UsersCommandOptions): Promise<number> {
  const wish = readWish(args)
  if (typeof wish === 'string') {
    options.writeError(`jairouter users: ${wish}\n\n${USAGE}`)
    return 2
  }
  if (wish.values.help === true) {
    options.write(USAGE)
    return 0
  }
  try {
    return await withUsers(options, (users) => run(wish, users, options))
  } catch (error) {
    if (!(error instanceof AccountProblem) && !(error instanceof StoreError)) throw error
    options.writeError(`jairouter users: ${error.message}`)
    return 1
  }
}

async function withUsers(options: UsersCommandOptions, work: (users: Users) => Promise<number>): Promise<number> {
  const { openStore, now, random } = options
  const store = await openStore()
  const accounts = new AccountStore(store)
  try {
    return await work(new Users({ accounts, hasher: createPasswordHasher({ derive: deriveArgon2id, random }), now, random }))
  } finally {
    accounts.close()
    await store.close()
  }
}

async function run({ command, name, values }: Wish, users: Users, options: UsersCommandOptions): Promise<number> {
  const { write } = options
  if (command === 'list') {
    for (const line of describe(await users.list(), values.json === true)) write(line)
    return 0
  }
  if (command === 'create') {
    const { password, made } = await passwordFor(values, options)
    const { role, email, team, 'display-name': displayName } = values
    // Which roles there are was checked with the command line.
    const user = { name, role: role as Role, email, team, displayName, password, mustChangePassword: made }
    await users.create(user, { origin })
    write(`${name} is made${made ? `; the password, to be changed at the first sign-in: ${password}` : ''}`)
    return 0
  }
  const { id } = await required(users, name)
  if (command === 'delete') {
    await users.remove(id, { origin })
    write(`${name} is deleted`)
  } else if (command === 'set-password') {
    const { password, made } = await passwordFor(values, options)
    await users.update(id, { password, mustChangePassword: made }, { origin, action: 'user.password' })
    write(`${name} has another password${made ? `, to be changed at the first sign-in: ${password}` : ''}`)
  } else {
    await users.update(id, { enabled: command === 'enable' }, { origin })
    write(`${name} is ${command}d`)
  }
  return 0
}

async function required(users: Users, name: string): Promise<StoredUser> {
  const user = await users.byName(name)
  if (user === undefined) throw new AccountProblem('not_found', `There is no user ${name}`)
  return user
}

async function passwordFor(
  values: Values,
  { readStdin, random }: UsersCommandOptions,
): Promise<{ readonly password: string; readonly made: boolean }> {
  if (values['password-stdin'] !== true) return { password: randomToken(random).slice(0, 24), made: true }
  const [line = ''] = (await readStdin()).split(/\r?\n/)
  return { password: line, made: false }
}

function describe(users: readonly StoredUser[], json: boolean): readonly string[] {
  const rows = users
    .map(({ body: { name, role, enabled, oidc, createdAt } }) => ({
      name,
      role,
      enabled,
      by: oidc === undefined ? 'password' : oidc.provider,
      createdAt: isoTime(createdAt),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (json) return [JSON.stringify({ users: rows })]
  const width = Math.max(4, ...rows.map(({ name }) => name.length))
  return rows.map(({ name, role, enabled, by, createdAt }) =>
    [name.padEnd(width), role.padEnd(9), enabled ? 'enabled ' : 'disabled', by.padEnd(8), createdAt].join('  '),
  )
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      role: { type: 'string' },
      email: { type: 'string' },
      team: { type: 'string' },
      'display-name': { type: 'string' },
      'password-stdin': { type: 'boolean' },
    },
  })
}

const OPTIONS: Readonly<Record<string, readonly (keyof Values)[]>> = {
  list: ['json'],
  create: ['role', 'email', 'team', 'display-name', 'password-stdin'],
  'set-password': ['password-stdin'],
  disable: [],
  enable: [],
  delete: [],
}

/** Or what is wrong with the command line. */
function readWish(args: readonly string[]): Wish | string {
  let parsed
  try {
    parsed = parse(args)
  } catch (error) {
    return error instanceof Error ? error.message : 'the command line can’t be read'
  }
  const { values, positionals } = parsed
  const [command, name, ...rest] = positionals
  if (values.help === true) return { command: '', name: '', values }
  if (command === undefined) return 'which command?'
  const known = Object.hasOwn(OPTIONS, command) ? OPTIONS[command] : undefined
  if (known === undefined) return `there is no command "${command}"`
  if (rest.length > 0 || (command === 'list' && name !== undefined)) return 'there is too much on the command line'
  if (command !== 'list' && name === undefined) return `${command} wants a NAME`
  const foreign = Object.keys(values).find((option) => !known.some((other) => other === option))
  if (foreign !== undefined) return `${command} takes no --${foreign}`
  if (command === 'create' && !ROLES.some((role) => role === values.role)) return `--role wants one of ${ROLES.join(', ')}`
  return { command, name: name ?? '', values }
}
