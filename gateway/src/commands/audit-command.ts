import { parseArgs } from 'node:util'
import { AUDIT_LOG } from '../auth/audit/audit-entry.ts'
import type { Store } from '../store/port.ts'
import { describeFailure } from './describe-failure.ts'

const USAGE = `Usage: jairouter audit verify [--config FILE]

Reads the whole audit log and tells whether it is as it was written: every entry is chained to the one before.

  --config FILE   the config that says where the store is; otherwise as for serve
  --help          this text

Exit code 0: the log is whole, 1: it is not, or could not be read, 2: the command line is wrong.`

export interface AuditCommandPorts {
  /** The store of the config that is named, or found. Rejects with an Error whose message may be shown. */
  readonly openStore: (config: string | undefined) => Promise<Store>
  /** `verifyLog` of `store/chain.ts`. */
  readonly verifyLog: (store: Store, log: string) => Promise<{ readonly entries: number; readonly brokenAt?: number }>
  readonly write: (line: string) => void
  readonly writeError: (line: string) => void
}

/** `jairouter audit`; returns the exit code. */
export async function auditCommand(args: readonly string[], ports: AuditCommandPorts): Promise<number> {
  const options = read(args)
  if ('message' in options) {
    ports.writeError(`jairouter audit: ${options.message}\n\n${USAGE}`)
    return 2
  }
  if (options.help) {
    ports.write(USAGE)
    return 0
  }
  try {
    const store = await ports.openStore(options.config)
    try {
      return await verify(store, ports)
    } finally {
      await store.close()
    }
  } catch (error) {
    const whileHeld = 'Ask the gateway that holds it: POST /admin/api/audit/verify.'
    ports.writeError(`jairouter audit: ${describeFailure(error, { cwd: process.cwd(), whileHeld })}`)
    return 1
  }
}

async function verify(store: Store, { verifyLog, write, writeError }: AuditCommandPorts): Promise<number> {
  const { first, last } = await store.extent(AUDIT_LOG)
  const { entries, brokenAt } = await verifyLog(store, AUDIT_LOG)
  if (brokenAt !== undefined) {
    writeError(
      `The audit log is not as it was written: entry ${brokenAt} is missing, or was changed. ${entries} entries before it are whole.`,
    )
    return 1
  }
  write(entries === 0 ? 'The audit log is empty.' : `The audit log is whole: ${entries} entries, ${first} to ${last}.`)
  return 0
}

function read(args: readonly string[]): { readonly help: boolean; readonly config: string | undefined } | { readonly message: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { config: { type: 'string' }, help: { type: 'boolean' } },
    })
    if (values.help === true) return { help: true, config: undefined }
    if (positionals.length === 1 && positionals[0] === 'verify') return { help: false, config: values.config }
    return { message: positionals.length === 0 ? 'expected what to do with it' : `there is no "audit ${positionals.join(' ')}"` }
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) }
  }
}
