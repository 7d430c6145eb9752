#!/usr/bin/env node
import { checkCommand } from './config/check-command.ts'
import { demoCommand } from './demo.ts'
import { serveCommand } from './serve.ts'
import { simulateCommand } from './simulate.ts'

const USAGE = `jairouter: one address for many model servers

Usage: jairouter <command> [options]

  serve      start the gateway (default)
  demo       start two simulated model servers and the gateway, and send a chat through it
  check      check the config file and print every problem
  simulate   start a simulated model server with faults on demand

Every command has --help. Exit codes: 0 ok, 1 failed, 2 bad usage.`

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  serve: serveCommand,
  demo: demoCommand,
  simulate: simulateCommand,
  check: (args) => checkCommand(args, { env: process.env, cwd: process.cwd(), write, writeError }),
}

async function main(args: readonly string[]): Promise<number> {
  const [first = 'serve', ...rest] = args
  if (first === '--help' || first === '-h' || first === 'help') {
    write(USAGE)
    return 0
  }
  const command = first.startsWith('-') ? 'serve' : first
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  if (run === undefined) {
    writeError(`jairouter: there is no command "${command}"\n\n${USAGE}`)
    return 2
  }
  return run(first.startsWith('-') ? args : rest)
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}

function writeError(line: string): void {
  process.stderr.write(`${line}\n`)
}

process.exitCode = await main(process.argv.slice(2))
