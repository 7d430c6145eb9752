/** What the README and the guide say of the management API: their commands, as they stand there, against a gateway that has just been started. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { eventually } from '../gateway/test/support/eventually.ts'
import { listening, runCli, temporaryDirectory } from '../gateway/test/support/run-cli.ts'

const run = promisify(execFile)
const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8')
/** Until a process says what it is waited for. */
const START_LIMIT_MS = 15_000
const SCRIPT_LIMIT_MS = 60_000

/** The blocks of shell commands in a text, in order. */
function commandsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text)
}

function sectionOf(markdown: string, heading: string): string {
  return markdown.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
}

function found(pattern: RegExp, text: string): string {
  const [all, group] = pattern.exec(text) ?? []
  if (all === undefined) throw new Error(`${pattern.source} is not in:\n${text}`)
  return group ?? all
}

function simulator(): Promise<string> {
  const cli = runCli(['simulate', '--port', '0'])
  return eventually(() => found(/http:\/\/127\.0\.0\.1:\d+/, cli.stdout()), START_LIMIT_MS)
}

/**
 * A gateway that nobody has set up, in a folder of its own. Its config has no backends, so that it uses no model server of this
 * machine; and no request is refused because the machine is busy with other tests.
 */
async function gateway(): Promise<{ url: string; token: string; log: () => string }> {
  const cwd = await temporaryDirectory()
  await writeFile(join(cwd, 'jairouter.yaml'), 'server: { overload: { enabled: false } }\nbackends: []\n')
  const cli = runCli(['serve', '--port', '0'], { cwd })
  const url = await listening(cli)
  const token = await eventually(() => found(/\/admin\/setup#token=(\S+)/, cli.stderr()), START_LIMIT_MS)
  return { url, token, log: cli.stdout }
}

/** What the commands say. Rejects with it, should one of them fail. */
async function shell(script: string): Promise<string> {
  const options = { timeout: SCRIPT_LIMIT_MS, maxBuffer: 64 * 1024 ** 2 }
  const outcome = await run('bash', ['-euo', 'pipefail', '-c', script], options).catch((error: unknown) => error)
  const { stdout = '', code }: { stdout?: unknown; code?: unknown } = Object(outcome)
  if (code !== undefined) throw new Error(`a command failed (${String(code)}) after:\n${String(stdout)}`)
  return String(stdout)
}

/** Starts what the README says, and gives the commands of it, with the addresses that there are. */
async function prepared(blocks: readonly string[]): Promise<{ script: string; url: string; token: string; log: () => string }> {
  const [one, two, { url, token, log }] = await Promise.all([simulator(), simulator(), gateway()])
  const script = blocks
    .join('\n')
    .replace("'what stands behind token='", `'${token}'`)
    .replaceAll('http://127.0.0.1:8080', url)
    .replaceAll('http://127.0.0.1:9001', one)
    .replaceAll('http://127.0.0.1:9002', two)
    // A refusal fails the command.
    .replaceAll(/\bcurl /g, 'curl --fail-with-body --silent --show-error ')
  return { script, url, token, log }
}

const README = read('README.md')
const GUIDE = read('docs/management.md')
const [start = '', ...changing] = commandsOf(sectionOf(README, 'Change it while it runs'))
const budgets = commandsOf(sectionOf(README, 'Keys and budgets'))

describe('the commands of the README', () => {
  it('begin by starting two model servers and the gateway', () => {
    expect(start.trim().split('\n')).toEqual([
      'npm run jairouter -- simulate --port 9001',
      'npm run jairouter -- simulate --port 9002',
      'npm start',
    ])
  })

  it('add backends, make a key, call a model, change the balancing and take that back', { timeout: 90_000 }, async () => {
    const { script, token, log } = await prepared([...changing, ...budgets])
    const said = await shell(script)

    expect(said).toContain('"role":"admin"')
    expect(said).toContain('"id":"one"')
    expect(said).toContain('"id":"two"')
    expect(said).toMatch(/^x-jairouter-backend: (one|two)\r?$/m)
    expect(said).toContain('{"balance":"round-robin"}')
    expect(said).toContain('"items":[{"number":4,"author":"ada"')
    expect(said).toContain('"op":"added","path":"services"')
    expect(said).toMatch(/"version":\{"number":5,"author":"ada",[^}]*"origin":"rollback","message":"as it was"/)
    expect(said).toContain('"unit":"tokens","amount":1000000')
    expect(said).toContain('"kind":"address","value":"203.0.113.0/24"')
    expect(log()).not.toContain(token)
  })
})

describe('the guide to the management API', () => {
  const commands = commandsOf(GUIDE)

  it('has commands that work after those of the README, and names operations that are there', { timeout: 90_000 }, async () => {
    expect(commands.length).toBeGreaterThan(8)
    const { script, url } = await prepared([...changing, ...commands])
    const said = await shell(script)

    expect(said).toContain('"last4":"x4Qa"')
    expect(said).not.toContain('sk-simulated-key')
    expect(said).toContain('"message":"impatient"')
    expect(said).toContain('"kind":"drain"')
    expect(said).toContain('"goesTo":"')
    expect(said).toMatch(/^x-jairouter-explain: \{/m)
    expect(said).toMatch(/\{"ok":true,"entries":\d+\}/)

    const described: unknown = await (await fetch(`${url}/openapi.json`)).json()
    const { paths }: { paths?: Record<string, object> } = Object(described)
    const operations = new Set(
      Object.entries(paths ?? {}).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)),
    )
    const named = [...GUIDE.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/admin\/api[^\s`?]*)[^`]*`/g)].map(
      ([, method, path]) => `${method} ${path}`,
    )
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter((operation) => !operations.has(operation))).toEqual([])
  })
})
