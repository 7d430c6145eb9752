import { parseArgs } from 'node:util'
import { ROLES, type Role } from '@jairouter/contract/management/roles'
import { randomToken, type RandomBytes } from '../auth/accounts/random.ts'
import type { Store } from '../store/port.ts'
import { ADDRESS_OPTIONS, addressOf, createApiClient, type ApiAddress } from './api-client.ts'
import { describeFailure } from './describe-failure.ts'
import { apiUsers, storeUsers, type ListedUser, type UsersClient } from './users-clients.ts'

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

${ADDRESS_OPTIONS}`

export interface UsersCommandOptions {
  /** The store of the config that is named, or found. Rejects with an Error. */
  readonly openStore: (config: string | undefined) => Promise<Store>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
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
  /** Undefined: the store is worked on. */
  readonly address?: ApiAddress | undefined
}

type Values = ReturnType<typeof parse>['values']

/** Resolves with the exit code. */
export async function usersCommand(args: readonly string[], options: UsersCommandOptions): Promise<number> {
  const wish = readWish(args, options.env)
  if (typeof wish === 'string') {
    options.writeError(`jairouter users: ${wish}\n\n${USAGE}`)
    return 2
  }
  if (wish.values.help === true) {
    options.write(USAGE)
    return 0
  }
  try {
    await (wish.address === undefined ? onStore(wish, options) : run(wish, apiUsers(createApiClient(wish.address)), options))
    return 0
  } catch (error) {
    const { cwd } = options
    options.writeError(`jairouter users: ${describeFailure(error, { cwd, whileHeld: 'While a gateway runs, name it with --url.' })}`)
    return 1
  }
}

async function onStore(wish: Wish, options: UsersCommandOptions): Promise<void> {
  const store = await options.openStore(wish.values.config)
  const users = storeUsers(store, options)
  try {
    await run(wish, users, options)
  } finally {
    users.close()
    await store.close()
  }
}

async function run({ command, name, values }: Wish, users: UsersClient, options: UsersCommandOptions): Promise<void> {
  const { write } = options
  if (command === 'list') {
    for (const line of describe(await users.list(), values.json === true)) write(line)
    return
  }
  if (command === 'create') {
    const { password, made } = await passwordFor(values, options)
    const { role, email, team, 'display-name': displayName } = values
    // Which roles there are was checked with the command line.
    await users.create({ name, role: role as Role, email, team, displayName, password, mustChangePassword: made })
    write(`${name} is made${made ? `; the password, to be changed at the first sign-in: ${password}` : ''}`)
    return
  }
  const id = await users.idOf(name)
  if (command === 'delete') {
    await users.remove(id)
    write(`${name} is deleted`)
  } else if (command === 'set-password') {
    const { password, made } = await passwordFor(values, options)
    await users.update(id, { password, mustChangePassword: made })
    write(`${name} has another password${made ? `, to be changed at the first sign-in: ${password}` : ''}`)
  } else {
    await users.update(id, { enabled: command === 'enable' })
    write(`${name} is ${command}d`)
  }
}

async function passwordFor(
  values: Values,
  { readStdin, random }: UsersCommandOptions,
): Promise<{ readonly password: string; readonly made: boolean }> {
  if (values['password-stdin'] !== true) return { password: randomToken(random).slice(0, 24), made: true }
  const [line = ''] = (await readStdin()).split(/\r?\n/)
  return { password: line, made: false }
}

function describe(users: readonly ListedUser[], json: boolean): readonly string[] {
  const rows = users
    .map(({ name, role, enabled, by, createdAt }) => ({ name, role, enabled, by, createdAt }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
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
      url: { type: 'string' },
      token: { type: 'string' },
      config: { type: 'string' },
    },
  })
}

/** Of all commands. */
const ADDRESS: ReadonlySet<string> = new Set(['url', 'token', 'config'])

const OPTIONS: Readonly<Record<string, readonly (keyof Values)[]>> = {
  list: ['json'],
  create: ['role', 'email', 'team', 'display-name', 'password-stdin'],
  'set-password': ['password-stdin'],
  disable: [],
  enable: [],
  delete: [],
}

/** Or what is wrong with the command line. */
function readWish(args: readonly string[], env: UsersCommandOptions['env']): Wish | string {
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
  const foreign = Object.keys(values).find((option) => !ADDRESS.has(option) && !known.some((other) => other === option))
  if (foreign !== undefined) return `${command} takes no --${foreign}`
  if (command === 'create' && !ROLES.some((role) => role === values.role)) return `--role wants one of ${ROLES.join(', ')}`
  const { url, token, config } = values
  const address = addressOf({ url, token, config }, env)
  if (address !== undefined && 'problem' in address) return address.problem
  return { command, name: name ?? '', values, address }
}
