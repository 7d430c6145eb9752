import { spawn } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ConfigInput } from '@jairouter/contract/config'
import { onTestFinished } from 'vitest'
import { eventually } from './eventually.ts'

const MAIN = fileURLToPath(new URL('../../src/jairouter.cjs', import.meta.url))
/** A child that does not end is ended by the test's end; to wait longer than this for it would be in vain. */
const EXIT_LIMIT_MS = 15_000

export interface CliOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** For the runtime itself, before the script. */
  readonly nodeOptions?: readonly string[]
}

export interface Cli {
  readonly pid: number
  stdout(): string
  stderr(): string
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code; null when a signal ended it. */
  exited(): Promise<number | null>
  /** The entries of its log so far. */
  log(): readonly LogEntry[]
}

export type LogEntry = Readonly<Record<string, unknown>>

/** The real command line in a process of its own, with no environment but what the test gives; ended when the test ends. */
export function runCli(args: readonly string[], options: CliOptions = {}): Cli {
  const { cwd, env = {}, nodeOptions = [] } = options
  const child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd ?? tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    exited: () => within(closed, EXIT_LIMIT_MS, () => `the process still runs; it said:\n${stdout}\n${stderr}`),
    log: () => stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [parseEntry(line)] : [])),
  }
}

export interface Served extends Cli {
  readonly url: string
  /** Where the config stands. */
  readonly file: string
  /** Replaces the file as editors do: by renaming another over it. */
  save(config: ConfigInput | string): Promise<void>
}

/** `serve --config FILE` on a free port, listening. */
export async function serveFile(config: ConfigInput, options: CliOptions = {}): Promise<Served> {
  const directory = await temporaryDirectory()
  const file = join(directory, 'jairouter.yaml')
  const save = async (next: ConfigInput | string) => {
    // JSON is YAML.
    await writeFile(`${file}.new`, typeof next === 'string' ? next : JSON.stringify(onFreePort(next), undefined, 2))
    await rename(`${file}.new`, file)
  }
  await save(config)
  const cli = runCli(['serve', '--config', file], { cwd: directory, ...options })
  return { ...cli, url: await listening(cli), file, save }
}

/** The address, once the process says that it listens. */
export function listening(cli: Cli): Promise<string> {
  return eventually(() => {
    const url = cli.log().find((entry) => 'url' in entry)?.['url']
    if (typeof url !== 'string') throw new Error(`it does not listen; it said:\n${cli.stdout()}\n${cli.stderr()}`)
    return url
  }, EXIT_LIMIT_MS)
}

/** Removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'jairouter-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

function onFreePort(config: ConfigInput): ConfigInput {
  return { ...config, server: { port: 0, ...config.server } }
}

function parseEntry(line: string): LogEntry {
  const entry: unknown = JSON.parse(line)
  return typeof entry === 'object' && entry !== null ? { ...entry } : {}
}

function within<Value>(promise: Promise<Value>, limitMs: number, describe: () => string): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`Waited ${limitMs} ms in vain; ${describe()}`)), limitMs)
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
