import type { RunProbe } from './config/check-command.ts'
import { optimize } from './startup-memory.ts'

const USAGE = `jairouter: one address for many model servers

Usage: jairouter <command> [options]

  serve      start the gateway (default)
  demo       start two simulated model servers and the gateway, and send a chat through it
  config     list, compare, roll back, export and import versions of the config
  check      check the config file and print every problem; --probe asks a backend what it is and has
  doctor     play sixteen faults against your policies, on simulated servers
  simulate   start a simulated model server with faults on demand
  import     turn the config of a Java JAiRouter into one of this
  keys       make, list, revoke and rotate API keys
  users      make, list and change accounts
  audit      verify the audit log
  store      look after the store: status, verify, rotate-key

Every command has --help; --version tells this one's version. Exit codes: 0 ok, 1 failed, 2 bad usage.`

/** Loaded when asked for: the gateway must not carry the demo's SDK and simulators in its memory. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  serve: async (args) => (await import('./serve.ts')).serveCommand(args),
  demo: async (args) => (await import('./demo.ts')).demoCommand(args),
  simulate: async (args) => (await import('./simulate.ts')).simulateCommand(args),
  doctor: async (args) => (await import('./doctor/command.ts')).runDoctorCommand(args),
  import: async (args) =>
    (await import('./commands/import/command.ts')).importCommand(args, { env: process.env, cwd: process.cwd(), write, writeError }),
  config: async (args) =>
    (await import('./commands/config-command.ts')).configCommand(args, { env: process.env, cwd: process.cwd(), write, writeError }),
  keys: async (args) => {
    const [{ keysCommand }, { openNamedStore, keysAndRulesOf }] = await Promise.all([
      import('./commands/keys-command.ts'),
      import('./composition/named-store.ts'),
    ])
    return keysCommand(args, { openStore: openNamedStore, ofConfig: keysAndRulesOf, write, writeError, now: Date.now })
  },
  users: async (args) => {
    const [{ usersCommand }, { openNamedStore }, { readStdin }, { randomBytes }] = await Promise.all([
      import('./commands/users-command.ts'),
      import('./composition/named-store.ts'),
      import('./commands/read-stdin.ts'),
      import('node:crypto'),
    ])
    return usersCommand(args, {
      openStore: () => openNamedStore(undefined),
      readStdin,
      write,
      writeError,
      now: Date.now,
      random: randomBytes,
    })
  },
  audit: async (args) => {
    const [{ auditCommand }, { openNamedStore }, { verifyLog }] = await Promise.all([
      import('./commands/audit-command.ts'),
      import('./composition/named-store.ts'),
      import('./store/chain.ts'),
    ])
    return auditCommand(args, { openStore: openNamedStore, verifyLog, write, writeError })
  },
  store: async (args) =>
    (await import('./commands/store-command.ts')).storeCommand(args, { env: process.env, cwd: process.cwd(), write, writeError }),
  check: async (args) => {
    const { checkCommand } = await import('./config/check-command.ts')
    const runProbe: RunProbe = async (request, context) => (await import('./probe/command.ts')).probeCommand(request, context)
    return checkCommand(args, { env: process.env, cwd: process.cwd(), write, writeError }, runProbe)
  },
}

async function main(args: readonly string[]): Promise<number> {
  const [first = 'serve', ...rest] = args
  if (first === '--help' || first === '-h' || first === 'help') {
    write(USAGE)
    return 0
  }
  if (first === '--version') {
    const { default: manifest } = await import('../package.json', { with: { type: 'json' } })
    write(`jairouter ${manifest.version}, Node.js ${process.versions.node}`)
    return 0
  }
  const command = first.startsWith('-') ? 'serve' : first
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  if (run === undefined) {
    writeError(`jairouter: there is no command "${command}"\n\n${USAGE}`)
    return 2
  }
  // The gateway says itself when it has started.
  if (command !== 'serve') optimize()
  return run(first.startsWith('-') ? args : rest)
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}

function writeError(line: string): void {
  process.stderr.write(`${line}\n`)
}

// Who reads no further (`| head`) has what it wanted.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})
process.exitCode = await main(process.argv.slice(2))
