import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import type { ConfigInput } from '@jairouter/contract/config'
import { AccountProblem } from './auth/accounts/account-problem.ts'
import type { StartState } from './auth/accounts/setup.ts'
import { openControlPlane, type ControlPlane, type ControlPlaneOptions } from './composition/control-plane.ts'
import { openDeskOver, openStoreOf, type OpenedStore } from './composition/open-stored-config.ts'
import { findConfig, USUAL_PLACES, type FoundConfig } from './config/find.ts'
import { formatPath, formatProblem, type ConfigProblem } from './config/problem.ts'
import { watchFiles } from './config/watch.ts'
import { createGateway, InvalidConfig, type Gateway } from './gateway.ts'
import { exitSoon, untilStopped } from './signals.ts'
import { endStart, optimize } from './startup-memory.ts'
import { finishRotation } from './store/secrets/finish-rotation.ts'
import { StoreError } from './store/store-error.ts'
import { createLogger, terminalDestination, type Logger } from './telemetry/log.ts'
import { NoUsableConfig, type OpenDesk } from './versions/open-desk.ts'
import { describeFindings, findLocalServers, textOf, watchLocalServers } from './zero-config.ts'

const USAGE = `Usage: jairouter serve [--config FILE] [--host HOST] [--port N]

Starts the gateway. Without a config file it looks for model servers on the well-known loopback ports.

  --config FILE   the config; otherwise $JAIROUTER_CONFIG, ./${USUAL_PLACES.join(' or ./')}
  --host HOST     instead of server.host
  --port N        instead of server.port
  --help          this text

SIGHUP or saving the file reloads the config; SIGTERM or Ctrl-C stops without losing a request, twice stops at once.`

interface Options {
  readonly config: string | undefined
  readonly server: NonNullable<ConfigInput['server']>
}

/** `jairouter serve`: runs until it is told to stop; returns the exit code. */
export async function serveCommand(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    const help = options === ''
    ;(help ? process.stdout : process.stderr).write(`${help ? '' : `jairouter serve: ${options}\n\n`}${USAGE}\n`)
    return help ? 0 : 2
  }
  const found = findConfig({ option: options.config, env: process.env, cwd: process.cwd() })
  if (found === undefined) return serveWithoutConfig(options)
  if ('problems' in found) return refuse(new NoUsableConfig(found.problems))
  return serveFrom(found, options)
}

function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, host: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help === true) return ''
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
      return `--port must be a number from 0 to 65535, got "${values.port}"`
    return {
      config: values.config,
      server: { ...(values.host === undefined ? {} : { host: values.host }), ...(port === undefined ? {} : { port }) },
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The gateway with its control plane over the store that the config names. */
async function serveFrom(found: FoundConfig | undefined, { server }: Options, seed?: Seed): Promise<number> {
  const log = createLogger({ level: 'info', destination: await terminalDestination() })
  const where = { found, env: process.env, cwd: process.cwd(), log }
  let opened: OpenedStore | undefined
  let wasAsked = false
  const onFirstRequest = () => {
    wasAsked = true
    optimize()
  }
  try {
    opened = await openStoreOf({ ...where, isApart: () => !wasAsked })
    await finishRotation(opened.store, opened.box, log)
    const { source } = opened
    let onChange = () => {}
    // Before the first reading, so that no change falls between the two.
    const watcher = source === undefined ? undefined : watchFiles({ files: source.files, onChange: () => onChange() })
    const desk = await openDeskOver(opened, where, { server, ...(seed === undefined ? {} : { seed: seed.text }) })
    const directory = found === undefined ? process.cwd() : dirname(found.file)
    const control = await openControlPlane({ ...opened, desk, env: process.env, directory, log, product: await productOf(process.env) })
    const gateway = createGateway({ loaded: control.loaded, log, onFirstRequest, ...control.forGateway })
    log.level = control.loaded.config.log.level
    const setup = await control.attach(gateway)
    if (desk.fileProblems.length > 0) tellProblems(gateway, desk.fileProblems)
    const reload = () => void takeIn(desk, { gateway, log })
    onChange = reload
    process.on('SIGHUP', reload)
    const stopScan = seed?.watch(desk, log)
    try {
      return await run(gateway, { log, control, setup })
    } finally {
      stopScan?.()
      watcher?.close()
      process.off('SIGHUP', reload)
      await control.close()
    }
  } catch (error) {
    await opened?.store.close().catch(() => {})
    return refuse(error, log)
  }
}

/** The file may have changed. */
async function takeIn(desk: OpenDesk, { gateway, log }: { gateway: Gateway; log: Logger }): Promise<void> {
  try {
    const taken = await desk.reload()
    if ('problems' in taken) tellProblems(gateway, taken.problems)
  } catch (error) {
    log.error({ error }, 'the changed config could not be stored; the one before stays in force')
  }
}

async function productOf(env: NodeJS.ProcessEnv): Promise<ControlPlaneOptions['product']> {
  const { default: manifest } = await import('../package.json', { with: { type: 'json' } })
  return { version: manifest.version, environment: env['JAIROUTER_ENV'], demo: false }
}

/** Where a config begins without a file, and what is added to it later. */
interface Seed {
  readonly text: string
  readonly watch: (desk: OpenDesk, log: Logger) => () => void
}

async function serveWithoutConfig(options: Options): Promise<number> {
  const port = options.server.port ?? 8080
  const findings = await findLocalServers(port)
  process.stdout.write(`There is no config file (./${USUAL_PLACES.join(' or ./')}): looking for model servers on this machine\n`)
  for (const line of describeFindings(findings)) process.stdout.write(`  ${line}\n`)
  return serveFrom(undefined, options, { text: textOf(findings), watch: (desk, log) => watchLocalServers({ findings, port, desk, log }) })
}

interface Running {
  readonly log: Logger
  readonly control: ControlPlane
  readonly setup: StartState
}

async function run(gateway: Gateway, { log, control, setup }: Running): Promise<number> {
  const stopped = untilStopped(() => {
    exitSoon()
    void gateway.stop('now')
  })
  // A fault in one request's code must not end all the others.
  process.on('uncaughtException', (error) => log.fatal({ error }, 'uncaught exception; the gateway serves on'))
  process.on('unhandledRejection', (error) => log.fatal({ error }, 'unhandled rejection; the gateway serves on'))
  try {
    const url = await gateway.listen()
    endStart()
    const { snapshot } = gateway
    log.info({ url, backends: snapshot.backends.size, models: snapshot.models.length, access: snapshot.auth.mode }, `listening at ${url}`)
    tellSetup(setup, gateway)
  } catch (error) {
    process.stderr.write(
      `jairouter: cannot listen at ${gateway.snapshot.server.host}:${gateway.snapshot.server.port}: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    control.stopping()
    await gateway.stop('now')
    return 1
  }
  const signal = await stopped
  const { acceptMs, graceMs } = gateway.snapshot.server.drain
  log.info({ signal, acceptMs, graceMs }, 'stopping')
  control.stopping()
  await gateway.stop()
  log.info('stopped')
  return 0
}

/** The token is for the terminal alone: a log is read by others, too. */
function tellSetup(setup: StartState, { adminUrl, snapshot }: Gateway): void {
  if (setup.state !== 'setup') return
  // 0.0.0.0 and :: are no addresses to go to.
  const base = snapshot.admin.publicUrl ?? adminUrl.replace(/\/\/(?:0\.0\.0\.0|\[::\])(?=:)/, '//127.0.0.1')
  process.stderr.write(`No account exists yet. Make the first one: ${base}/admin/setup#token=${setup.token}\n`)
}

/** The config file can't be used; what was in force stays, or is in force again. */
function tellProblems(gateway: Gateway, problems: readonly ConfigProblem[]): void {
  gateway.reloadFailed(problems.map((problem) => formatProblem(problem, process.cwd())))
}

function refuse(error: unknown, log?: Logger): number {
  if (error instanceof NoUsableConfig) {
    for (const problem of error.problems) process.stderr.write(`${formatProblem(problem, process.cwd())}\n`)
  } else if (error instanceof StoreError || error instanceof AccountProblem) {
    process.stderr.write(`jairouter: ${error.message}\n`)
  } else if (error instanceof InvalidConfig) {
    for (const { path, message } of error.problems) process.stderr.write(`jairouter: ${formatPath(path)}: ${message}\n`)
  } else {
    log?.fatal({ error }, 'the gateway could not start')
  }
  process.stderr.write('The gateway did not start.\n')
  return 1
}
