import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { CommandContext } from '../config/check-command.ts'
import { findConfig } from '../config/find.ts'
import { describeFailure } from './describe-failure.ts'
import { describeReadError } from '../config/read-file.ts'
import { NoUsableConfig } from '../versions/open-desk.ts'
import { addressOf, createApiClient, type ApiAddress } from './api-client.ts'
import { apiConfig, storeClient, type ConfigClient } from './config-clients.ts'
import { openDeskOver, openStoreOf } from '../composition/open-stored-config.ts'

const HELP = `Usage: jairouter config <action> [options]

  versions              list the versions of the config, the newest first
  show N                print the text of a version
  diff A B              print what is different between two versions, as a patch
  rollback N            put the content of a version in force again, as a new version
  export                print the text of the config in force
  import FILE           put a file in force, as a new version; - reads the standard input

Secrets are references in all that is printed.

Options:
  --url URL        the gateway that is asked, such as http://127.0.0.1:8080; otherwise $JAIROUTER_URL
  --token TOKEN    what lets you in; otherwise $JAIROUTER_TOKEN, which others cannot see
  --config FILE    work on the store that this config names instead, without a gateway
  --message TEXT   what a new version says of itself
  --limit N        versions that are listed; 20 when left out
  --help           this text

Exit code: 0 done, 1 not done, 2 the command line is wrong.`

interface Options {
  readonly action: string
  readonly operands: readonly string[]
  /** Undefined: the store is worked on. */
  readonly address: ApiAddress | undefined
  readonly config: string | undefined
  readonly message: string | undefined
  readonly limit: number
}

/** How many operands each action takes; all but the name of a file are numbers of versions. */
const OPERANDS: Readonly<Record<string, number>> = { versions: 0, show: 1, diff: 2, rollback: 1, export: 0, import: 1 }

/** `jairouter config`; returns the exit code. */
export async function configCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args, context)
  if (typeof options === 'string') {
    if (options !== '') context.writeError(`jairouter config: ${options}\n\n${HELP}`)
    else context.write(HELP)
    return options === '' ? 0 : 2
  }
  try {
    await (options.address === undefined ? onStore(options, context) : run(options, apiConfig(createApiClient(options.address)), context))
    return 0
  } catch (error) {
    context.writeError(
      `jairouter config: ${describeFailure(error, { ...context, whileHeld: 'While a gateway runs, name it with --url.' })}`,
    )
    return 1
  }
}

function readOptions(args: readonly string[], { env }: CommandContext): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        token: { type: 'string' },
        config: { type: 'string' },
        message: { type: 'string' },
        limit: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help === true) return ''
    const [action = '', ...operands] = positionals
    const count = Object.hasOwn(OPERANDS, action) ? OPERANDS[action] : undefined
    if (count === undefined) return action === '' ? 'what is to be done?' : `there is no action "${action}"`
    if (operands.length !== count) return `${action} takes ${count === 0 ? 'nothing' : count === 1 ? 'one thing' : 'two versions'} more`
    if (action !== 'import' && operands.some((operand) => !/^[1-9]\d{0,9}$/.test(operand))) return `${action} takes numbers of versions`
    const limit = Number(values.limit ?? 20)
    if (!Number.isInteger(limit) || limit < 1 || limit > 500) return '--limit must be a number from 1 to 500'
    const { url, token, config } = values
    const address = addressOf({ url, token, config }, env)
    if (address !== undefined && 'problem' in address) return address.problem
    return { action, operands, address, config, message: values.message, limit }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function onStore(options: Options, context: CommandContext): Promise<void> {
  const { env, cwd, writeError } = context
  const found = findConfig({ option: options.config, env, cwd })
  if (found !== undefined && 'problems' in found) throw new NoUsableConfig(found.problems)
  const tell = (_fields: object, message: string) => writeError(message)
  const where = { found, env, cwd, log: { info: () => {}, warn: tell, error: tell } }
  const opened = await openStoreOf(where)
  try {
    if (opened.settings.type === 'memory')
      throw new Error('store.type is memory: there is nothing outside of a gateway that runs; name it with --url')
    // The file is the gateway's to take in: what is asked for here is one change.
    await run(
      options,
      storeClient(opened.store, () => openDeskOver(opened, where, { withFile: false })),
      context,
    )
  } finally {
    await opened.store.close()
  }
}

async function run({ action, operands, message, limit }: Options, client: ConfigClient, { cwd, write }: CommandContext): Promise<void> {
  const [first = 0, second = 0] = action === 'import' ? [] : operands.map(Number)
  switch (action) {
    case 'versions':
      for (const version of await client.versions(limit)) {
        write(
          [`v${version.number}`.padEnd(6), version.time, version.author.padEnd(12), version.origin.padEnd(8), version.message]
            .join('  ')
            .trimEnd(),
        )
      }
      return
    case 'show':
      return write(trimEnd(await client.text(first)))
    case 'diff':
      return write(trimEnd((await client.diff(first, second)) || 'no difference'))
    case 'rollback':
      return write(`v${await client.rollback(first, message)} is in force`)
    case 'export':
      return write(trimEnd(await client.text(undefined)))
    default:
      return write(`v${await client.import(readInput(operands[0] ?? '-', cwd), message)} is in force`)
  }
}

function readInput(file: string, cwd: string): string {
  try {
    return readFileSync(file === '-' ? 0 : resolve(cwd, file), 'utf8')
  } catch (error) {
    throw new Error(`${file} ${describeReadError(error)}`, { cause: error })
  }
}

/** What writes adds the last line's end. */
function trimEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}
