import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { keyTermsSchema } from '@jairouter/contract/management/keys'
import { duration } from '@jairouter/contract/units'
import type { Origin } from '../auth/audit/audit-entry.ts'
import { AccessProblem } from '../auth/collection/access-problem.ts'
import { Followed } from '../auth/collection/followed.ts'
import { KEY_USE, KeyDesk } from '../auth/keys/key-desk.ts'
import { KeyUses } from '../auth/keys/key-uses.ts'
import { readKey, type StoredKey } from '../auth/keys/stored-key.ts'
import type { KeyRecord } from '../config/snapshot.ts'
import type { Store } from '../store/port.ts'
import { StoreError } from '../store/store-error.ts'

const USAGE = `Usage: jairouter keys create NAME [options] | list | revoke ID | rotate ID [--overlap 24h]

Makes, lists and revokes API keys in the store. A key is shown once: only its digest is stored.

  --models A,B      create: public model names that it may use, * for any run of characters; default all
  --services A,B    create: services that it may be used for; default all
  --addresses A,B   create: addresses and CIDRs of clients that it may come from; default all
  --owner USER      create: the user whose it is
  --team TEAM       create: the team whose it is
  --tags A,B        create: tags
  --content A,B     create: content rules that hold beside those of the model
  --expires TIME    create: when it ends: 2027-01-31T00:00:00Z, or a duration from now: 720h
  --overlap TIME    rotate: how long the key before it still works; default 0s
  --config FILE     the config that says where the store is; otherwise as for serve
  --help            this text

Exit code 0: done, 1: it could not be done, 2: the command line is wrong.`

const ACTIONS = ['create', 'list', 'revoke', 'rotate'] as const
const LISTS = ['models', 'services', 'addresses', 'tags', 'content'] as const

export interface KeysCommandPorts {
  /** The store of the config that is named, or found. Rejects with an Error whose message may be shown. */
  readonly openStore: (config: string | undefined) => Promise<Store>
  /** Of that config: names that are taken, and rules that there are. Throws an Error whose message may be shown. */
  readonly ofConfig: (config: string | undefined) => {
    readonly keys: ReadonlyMap<string, KeyRecord>
    readonly contentRules: ReadonlyMap<string, unknown>
  }
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
}

/** `jairouter keys`; returns the exit code. */
export async function keysCommand(args: readonly string[], ports: KeysCommandPorts): Promise<number> {
  const options = read(args)
  if (typeof options === 'string') {
    if (options === '') ports.write(USAGE)
    else ports.writeError(`jairouter keys: ${options}\n\n${USAGE}`)
    return options === '' ? 0 : 2
  }
  try {
    const store = await ports.openStore(options.values['config'])
    try {
      await run(options, await openDesk(store, options, ports), ports)
      return 0
    } finally {
      await store.close()
    }
  } catch (error) {
    ports.writeError(`jairouter keys: ${describe(error)}`)
    return 1
  }
}

const TEXT = { type: 'string' } as const

function read(args: readonly string[]): Options | string {
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
    return { action, subject, values: texts }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function openDesk(store: Store, { values }: Options, { ofConfig, now }: KeysCommandPorts): Promise<KeyDesk> {
  const keys = new Followed<StoredKey>({ store, collection: 'keys', read: readKey, onItems: () => {} })
  await keys.refresh()
  const uses = new KeyUses()
  for (const { id, body } of await store.list(KEY_USE)) uses.learned(id, { time: Number(body['time']), address: String(body['address']) })
  const config = ofConfig(values['config'])
  return new KeyDesk({ keys, uses, configKeys: () => config.keys, contentRules: () => config.contentRules, wallClock: now, randomBytes })
}

const ORIGIN: Origin = { actor: { kind: 'cli' } }

async function run({ action, subject, values }: Options, desk: KeyDesk, { write, now }: KeysCommandPorts): Promise<void> {
  switch (action) {
    case 'create': {
      const { shown, key } = await desk.create(termsOf(subject, values, now()), { origin: ORIGIN })
      write(`The key "${shown.name}" (${shown.id}) is made. This is the only time that it is shown:\n${key}`)
      return
    }
    case 'list':
      for (const line of tableOf(desk)) write(line)
      return
    case 'revoke': {
      const id = idOf(desk, subject)
      await desk.revoke(id, { origin: ORIGIN })
      write(`The key ${id} is revoked.`)
      return
    }
    case 'rotate': {
      const overlapMs = duration.parse(values['overlap'] ?? '0s')
      const { shown, key } = await desk.rotate(idOf(desk, subject), { origin: ORIGIN, overlapMs })
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
function idOf(desk: KeyDesk, subject: string): string {
  return desk.list().find(({ id, name }) => id === subject || name === subject)?.id ?? subject
}

function tableOf(desk: KeyDesk): readonly string[] {
  const rows = desk
    .list()
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

function describe(error: unknown): string {
  if (error instanceof AccessProblem)
    return error.message || error.details.map(({ pointer, message }) => `${pointer} ${message}`).join('; ')
  if (error instanceof StoreError && error.kind === 'conflict') return `${error.message} Ask the gateway that holds it: /admin/api/keys.`
  if (isIssues(error)) return error.issues.map(({ path, message }) => `${path.map(String).join('.')} ${message}`.trim()).join('; ')
  return error instanceof Error ? error.message : String(error)
}

function isIssues(
  error: unknown,
): error is { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } {
  return error instanceof Error && 'issues' in error && Array.isArray(error.issues)
}
