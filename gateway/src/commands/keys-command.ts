import { parseArgs } from 'node:util'
import { keyTermsSchema, type ShownKey } from '@jairouter/contract/management/keys'
import { duration } from '@jairouter/contract/units'
import { ADDRESS_OPTIONS, addressOf, createApiClient, type ApiAddress } from './api-client.ts'
import { describeFailure } from './describe-failure.ts'
import { apiKeys, storeKeys, type KeysClient, type KeysPlace } from './keys-clients.ts'

const USAGE = `Usage: jairouter keys create NAME [options] | list | revoke ID | rotate ID [--overlap 24h]

Makes, lists and revokes API keys. A key is shown once: only its digest is stored.

  --models A,B      create: public model names that it may use, * for any run of characters; default all
  --services A,B    create: services that it may be used for; default all
  --addresses A,B   create: addresses and CIDRs of clients that it may come from; default all
  --owner USER      create: the user whose it is
  --team TEAM       create: the team whose it is
  --tags A,B        create: tags
  --content A,B     create: content rules that hold beside those of the model
  --expires TIME    create: when it ends: 2027-01-31T00:00:00Z, or a duration from now: 720h
  --overlap TIME    rotate: how long the key before it still works; default 0s
${ADDRESS_OPTIONS}
  --help            this text

Exit code 0: done, 1: it could not be done, 2: the command line is wrong.`

const ACTIONS = ['create', 'list', 'revoke', 'rotate'] as const
const LISTS = ['models', 'services', 'addresses', 'tags', 'content'] as const

export interface KeysCommandPorts {
  /** The store of the config that is named, or found, and what of that config belongs to keys. Rejects with an Error. */
  readonly open: (config: string | undefined) => Promise<KeysPlace>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly write: (line: string) => void
  readonly writeError: (line: string) => void
  /** Epoch milliseconds. */
  readonly now: () => number
}

interface Options {
  readonly action: (typeof ACTIONS)[number]
  /** Name of a new key, or id or name of one that is there. */
  readonly subject: string
  readonly values: Readonly<Record<string, string | undefined>>
  /** Undefined: the store is worked on. */
  readonly address: ApiAddress | undefined
}

/** `jairouter keys`; returns the exit code. */
export async function keysCommand(args: readonly string[], ports: KeysCommandPorts): Promise<number> {
  const options = read(args, ports.env)
  if (typeof options === 'string') {
    if (options === '') ports.write(USAGE)
    else ports.writeError(`jairouter keys: ${options}\n\n${USAGE}`)
    return options === '' ? 0 : 2
  }
  try {
    await (options.address === undefined ? onStore(options, ports) : run(options, apiKeys(createApiClient(options.address)), ports))
    return 0
  } catch (error) {
    const { cwd } = ports
    ports.writeError(`jairouter keys: ${describeFailure(error, { cwd, whileHeld: 'While a gateway runs, name it with --url.' })}`)
    return 1
  }
}

async function onStore(options: Options, ports: KeysCommandPorts): Promise<void> {
  const place = await ports.open(options.values['config'])
  try {
    await run(options, await storeKeys(place, ports.now), ports)
  } finally {
    await place.store.close()
  }
}

const TEXT = { type: 'string' } as const

function read(args: readonly string[], env: KeysCommandPorts['env']): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        models: TEXT,
        services: TEXT,
        addresses: TEXT,
        owner: TEXT,
        team: TEXT,
        tags: TEXT,
        content: TEXT,
        expires: TEXT,
        overlap: TEXT,
        url: TEXT,
        token: TEXT,
        config: TEXT,
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const { help, ...texts } = values
    if (help) return ''
    const [first, subject = '', ...more] = positionals
    const action = ACTIONS.find((known) => known === first)
    if (action === undefined) return `expected one of ${ACTIONS.join(', ')}`
    if (more.length > 0 || (action === 'list') !== (subject === ''))
      return action === 'list' ? 'list takes nothing more' : `${action} takes one ${action === 'create' ? 'name' : 'id'}`
    const { url, token, config } = texts
    const address = addressOf({ url, token, config }, env)
    if (address !== undefined && 'problem' in address) return address.problem
    return { action, subject, values: texts, address }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function run({ action, subject, values }: Options, client: KeysClient, { write, now }: KeysCommandPorts): Promise<void> {
  switch (action) {
    case 'create': {
      const { shown, key } = await client.create(termsOf(subject, values, now()))
      write(`The key "${shown.name}" (${shown.id}) is made. This is the only time that it is shown:\n${key}`)
      return
    }
    case 'list':
      for (const line of tableOf(await client.list())) write(line)
      return
    case 'revoke': {
      const id = await idOf(client, subject)
      await client.revoke(id)
      write(`The key ${id} is revoked.`)
      return
    }
    case 'rotate': {
      const { shown, key } = await client.rotate(await idOf(client, subject), values['overlap'] ?? '0s')
      const until = shown.previousValidUntil === undefined ? 'no longer' : `until ${shown.previousValidUntil}`
      write(
        `The key "${shown.name}" (${shown.id}) is another one now; the one before works ${until}. This is the only time that it is shown:\n${key}`,
      )
    }
  }
}

function termsOf(name: string, values: Options['values'], now: number) {
  const lists = LISTS.flatMap((list) => {
    const text = values[list]
    return text === undefined ? [] : [[list, text.split(',').map((part) => part.trim())] as const]
  })
  const { owner, team, expires } = values
  const fromNow = expires === undefined ? undefined : duration.safeParse(expires)
  const end = fromNow?.success === true ? new Date(now + fromNow.data).toISOString() : expires
  return keyTermsSchema.parse({
    name,
    ...Object.fromEntries(lists),
    ...(owner === undefined ? {} : { owner }),
    ...(team === undefined ? {} : { team }),
    ...(end === undefined ? {} : { expires: end }),
  })
}

/** Of one that is named by its id, or by its name. */
async function idOf(client: KeysClient, subject: string): Promise<string> {
  return (await client.list()).find(({ id, name }) => id === subject || name === subject)?.id ?? subject
}

function tableOf(keys: readonly ShownKey[]): readonly string[] {
  const rows = keys
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ id, name, source, status, last4, expires, lastUsed }) => [
      id,
      name,
      source,
      status,
      last4 === undefined ? '' : `…${last4}`,
      expires ?? '',
      lastUsed?.time ?? '',
    ])
  const all = [['ID', 'NAME', 'SOURCE', 'STATUS', 'KEY', 'EXPIRES', 'LAST USED'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
