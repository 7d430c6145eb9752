import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { CommandContext } from '../config/check-command.ts'
import { findConfig } from '../config/find.ts'
import { formatProblem, inOrder, type ConfigProblem } from '../config/problem.ts'
import type { StoreSettings } from '../config/snapshot.ts'
import { createConfigSource } from '../config/source.ts'
import { verifyLog } from '../store/chain.ts'
import { openStore } from '../store/open-store.ts'
import type { Store } from '../store/port.ts'
import { rotateKey } from '../store/secrets/rotate-key.ts'
import { StoreError } from '../store/store-error.ts'
import type { StoreLog } from '../store/store-log.ts'

const HELP = `Usage: jairouter store status|verify|rotate-key [--config FILE]

  status      says what the store holds
  verify      reads everything and checks the chain of every log
  rotate-key  encrypts every secret in the store with a new key

rotate-key makes a new secret.key and keeps the old one as secret.key.previous. Where the key is in JAIROUTER_SECRET_KEY,
give the new one there and the old one in JAIROUTER_SECRET_KEY_PREVIOUS. Interrupted, it goes on when it is run again.

Options:
  --config FILE   the config file; otherwise $JAIROUTER_CONFIG, ./jairouter.yaml or ./config/jairouter.yaml
  --help          this text

Exit code: 0 all is well, 1 something is wrong, 2 the command line is.`

const ACTIONS = ['status', 'verify', 'rotate-key'] as const
type Action = (typeof ACTIONS)[number]

/** `jairouter store`; returns the exit code. */
export async function storeCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseOptions(args)
  if ('message' in parsed) {
    context.writeError(`jairouter store: ${parsed.message}\n\n${HELP}`)
    return 2
  }
  if (parsed.action === 'help') {
    context.write(HELP)
    return 0
  }
  const settings = readSettings(parsed.config, context)
  if ('message' in settings) {
    context.writeError(settings.message)
    return 1
  }
  try {
    return await run(parsed.action, settings, context)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    context.writeError(`jairouter store: ${error.message}`)
    return 1
  }
}

function parseOptions(args: readonly string[]): { action: Action | 'help'; config: string | undefined } | { message: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
    })
    if (values.help) return { action: 'help', config: undefined }
    const action = ACTIONS.find((known) => known === positionals[0])
    if (action === undefined || positionals.length > 1) return { message: `expected one of ${ACTIONS.join(', ')}` }
    return { action, config: values.config }
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) }
  }
}

/** Without a config file, as `serve`: the defaults. */
function readSettings(option: string | undefined, { env, cwd }: CommandContext): StoreSettings | { readonly message: string } {
  const found = findConfig({ option, env, cwd })
  if (found === undefined) return { type: 'sqlite', path: resolve(cwd, './data') }
  if ('problems' in found) return { message: describe(found.problems, cwd) }
  const loaded = createConfigSource({ ...found, env }).read()
  if ('problems' in loaded) return { message: describe(loaded.problems, cwd) }
  const { type, path, url } = loaded.config.store
  return { type, path: resolve(cwd, path), ...(url === undefined ? {} : { url }) }
}

function describe(problems: readonly ConfigProblem[], cwd: string): string {
  return inOrder(problems)
    .map((problem) => formatProblem(problem, cwd))
    .join('\n')
}

async function run(action: Action, settings: StoreSettings, context: CommandContext): Promise<number> {
  if (settings.type === 'memory') {
    context.writeError('jairouter store: store.type is memory: there is nothing outside of a gateway that runs')
    return 1
  }
  const log: StoreLog = { info: (_fields, message) => context.writeError(message), warn: (_fields, message) => context.writeError(message) }
  const store = await openStore(settings, { now: Date.now, log, readOnly: action !== 'rotate-key' })
  try {
    if (action === 'rotate-key') {
      const { documents, keyId, hint } = await rotateKey(store, { env: context.env, path: settings.path })
      context.write(`Sealed the secrets of ${documents} documents with key ${keyId}. ${hint}`)
      return 0
    }
    return action === 'status' ? await status(store, context) : await verify(store, context)
  } finally {
    await store.close()
  }
}

async function status(store: Store, { write }: CommandContext): Promise<number> {
  const { number, collections, logs } = await store.contents()
  write(`${store.kind}, ${number} commits`)
  for (const [collection, documents] of collections) write(`  ${collection}: ${documents} documents`)
  for (const log of logs) {
    const { first, last } = await store.extent(log)
    write(`  log ${log}: entries ${first} to ${last}`)
  }
  write(`  ${(await store.counters('')).size} counters`)
  return 0
}

async function verify(store: Store, { write }: CommandContext): Promise<number> {
  const problems = [...(await store.check())]
  const { logs } = await store.contents()
  for (const log of logs) {
    const { entries, brokenAt } = await verifyLog(store, log)
    if (brokenAt === undefined) write(`log ${log}: ${entries} entries, the chain holds`)
    else problems.push(`log ${log}: the chain breaks at entry ${brokenAt}`)
  }
  for (const problem of problems) write(problem)
  write(
    problems.length === 0
      ? `${store.kind}: all is well`
      : `${store.kind}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
  )
  return problems.length === 0 ? 0 : 1
}
