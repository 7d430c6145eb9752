import { parseArgs } from 'node:util'
import type { Config, ConfigInput } from '@jairouter/contract/config'
import { findConfig, USUAL_PLACES } from './config/find.ts'
import { formatPath, formatProblem, type ConfigProblem } from './config/problem.ts'
import { createConfigSource, type ConfigSource } from './config/source.ts'
import { watchFiles } from './config/watch.ts'
import { createGateway, InvalidConfig, type Gateway } from './gateway.ts'
import { exitSoon, untilStopped } from './signals.ts'
import { endStart } from './startup-memory.ts'
import { createLogger, terminalDestination, type Logger } from './telemetry/log.ts'
import { configOf, describeFindings, findLocalServers } from './zero-config.ts'

const USAGE = `Usage: jairouter serve [--config FILE] [--host HOST] [--port N]

Starts the gateway. Without a config file it looks for model servers on the well-known loopback ports.

  --config FILE   the config; otherwise $JAIROUTER_CONFIG, ./${USUAL_PLACES.join(' or ./')}
  --host HOST     instead of server.host
  --port N        instead of server.port
  --help          this text

SIGHUP or saving the file reloads the config; SIGTERM or Ctrl-C stops without losing a request, twice stops at once.`

/** How often new local servers are looked for while there is no config file. */
const RESCAN_MS = 30_000

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
  if ('problems' in found) return refuse(found.problems)
  return serveFile(createConfigSource({ ...found, env: process.env }), options)
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

async function serveFile(source: ConfigSource, { server }: Options): Promise<number> {
  const log = createLogger({ level: 'info', destination: await terminalDestination() })
  let onChange = () => {}
  // Before the first reading, so that no change falls between the two.
  const watcher = watchFiles({ files: source.files, onChange: () => onChange() })
  const first = read(source, server)
  if ('problems' in first) return refuse(first.problems)
  let gateway: Gateway
  try {
    gateway = createGateway({ loaded: first, log })
  } catch (error) {
    if (error instanceof InvalidConfig) return refuse(error.problems.map(first.toConfigProblem))
    throw error
  }
  log.level = first.config.log.level
  const reload = () => {
    const next = read(source, server)
    const problems = 'problems' in next ? next.problems : gateway.apply(next).map(next.toConfigProblem)
    if (problems.length > 0) gateway.reloadFailed(problems.map((problem) => formatProblem(problem, process.cwd())))
  }
  onChange = reload
  process.on('SIGHUP', reload)
  try {
    return await run(gateway, log)
  } finally {
    watcher.close()
    process.off('SIGHUP', reload)
  }
}

function read(source: ConfigSource, server: Options['server']) {
  const result = source.read()
  if ('problems' in result) return result
  // The command line wins over the file, at every reload.
  const config: Config = { ...result.config, server: { ...result.config.server, ...pick(server) } }
  return { config, certificates: source.readCertificates(config), toConfigProblem: result.toConfigProblem }
}

function pick({ host, port }: Options['server']): { host?: string; port?: number } {
  return { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) }
}

async function serveWithoutConfig({ server }: Options): Promise<number> {
  const log = createLogger({ level: 'info', destination: await terminalDestination() })
  const port = server.port ?? 8080
  let findings = await findLocalServers(port)
  process.stdout.write(`There is no config file (./${USUAL_PLACES.join(' or ./')}): looking for model servers on this machine\n`)
  for (const line of describeFindings(findings)) process.stdout.write(`  ${line}\n`)
  let gateway: Gateway
  try {
    gateway = createGateway({ loaded: { config: configOf(findings, server), certificates: new Map() }, log })
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error
    for (const { path, message } of error.problems) process.stderr.write(`jairouter: ${formatPath(path)}: ${message}\n`)
    return 1
  }
  const rescan = async () => {
    const next = await findLocalServers(port)
    const news = describeFindings(next).filter((line) => line.startsWith('found') && !describeFindings(findings).includes(line))
    // A server that went away stays known: its health says so, and it may come back.
    const known = new Set(next.filter(({ kind }) => kind === 'found').map((finding) => finding.port))
    findings = [
      ...next.filter(({ kind }) => kind === 'found'),
      ...findings.filter((finding) => finding.kind === 'found' && !known.has(finding.port)),
    ]
    if (news.length === 0) return
    log.info({ news }, 'found more model servers')
    gateway.apply({ config: configOf(findings, server), certificates: new Map() })
  }
  const timer = setInterval(() => void rescan(), RESCAN_MS)
  try {
    return await run(gateway, log)
  } finally {
    clearInterval(timer)
  }
}

async function run(gateway: Gateway, log: Logger): Promise<number> {
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
  } catch (error) {
    process.stderr.write(
      `jairouter: cannot listen at ${gateway.snapshot.server.host}:${gateway.snapshot.server.port}: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    await gateway.stop('now')
    return 1
  }
  const signal = await stopped
  const { acceptMs, graceMs } = gateway.snapshot.server.drain
  log.info({ signal, acceptMs, graceMs }, 'stopping')
  await gateway.stop()
  log.info('stopped')
  return 0
}

function refuse(problems: readonly ConfigProblem[]): number {
  for (const problem of problems) process.stderr.write(`${formatProblem(problem, process.cwd())}\n`)
  process.stderr.write('The gateway did not start.\n')
  return 1
}
