/** What the README says of the management API: its commands, as they stand there, against a gateway that has just been started. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { eventually } from '../gateway/test/support/eventually.ts'
import { listening, runCli, temporaryDirectory, type Cli } from '../gateway/test/support/run-cli.ts'

const run = promisify(execFile)
const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')

/** The blocks of shell commands of a section, in order. */
function commandsOf(heading: string): string[] {
  const [, after = ''] = README.split(`\n## ${heading}\n`)
  const [section = ''] = after.split('\n## ')
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text)
}

async function simulator(): Promise<string> {
  const cli = runCli(['simulate', '--port', '0'])
  return eventually(() => found(/http:\/\/127\.0\.0\.1:\d+/, cli.stdout()), 15_000)
}

/** What the commands say. Rejects with it, should one of them fail. */
async function shell(script: string): Promise<string> {
  const outcome = await run('bash', ['-euo', 'pipefail', '-c', script], { timeout: 15_000 }).catch((error: unknown) => error)
  const { stdout = '', code }: { stdout?: unknown; code?: unknown } = Object(outcome)
  if (code !== undefined) throw new Error(`a command failed (${String(code)}) after:\n${String(stdout)}`)
  return String(stdout)
}

function found(pattern: RegExp, text: string): string {
  const [all, group] = pattern.exec(text) ?? []
  if (all === undefined) throw new Error(`${pattern.source} is not in:\n${text}`)
  return group ?? all
}

/**
 * A gateway that nobody has set up, in a folder of its own. Its config has no backends, so that it uses no model server of this
 * machine; and no request is refused because the machine is busy with other tests.
 */
async function gateway(): Promise<{ cli: Cli; url: string; token: string }> {
  const cwd = await temporaryDirectory()
  await writeFile(join(cwd, 'jairouter.yaml'), 'server: { overload: { enabled: false } }\nbackends: []\n')
  const cli = runCli(['serve', '--port', '0'], { cwd })
  const url = await listening(cli)
  const token = await eventually(() => found(/\/admin\/setup#token=(\S+)/, cli.stderr()), 15_000)
  return { cli, url, token }
}

describe('the commands of "Change it while it runs"', () => {
  const [start = '', ...blocks] = commandsOf('Change it while it runs')
  const [budgets = ''] = commandsOf('Keys and budgets')

  it('begin by starting two model servers and the gateway', () => {
    expect(start.trim().split('\n')).toEqual([
      'npm run jairouter -- simulate --port 9001',
      'npm run jairouter -- simulate --port 9002',
      'npm start',
    ])
  })

  it('add backends, make a key, call a model, change the balancing and take that back', async () => {
    const [one, two, { cli, url, token }] = await Promise.all([simulator(), simulator(), gateway()])
    const script = [...blocks, budgets]
      .join('\n')
      .replace("'what stands behind token='", `'${token}'`)
      .replaceAll('http://127.0.0.1:8080', url)
      .replaceAll('http://127.0.0.1:9001', one)
      .replaceAll('http://127.0.0.1:9002', two)
      // A refusal fails the command; what every command says is one line or more of the output.
      .replaceAll(/\bcurl /g, 'curl --fail-with-body --silent ')
    const stdout = await shell(script)

    expect(stdout).toContain('"role":"admin"')
    expect(stdout).toContain('"id":"one"')
    expect(stdout).toContain('"id":"two"')
    expect(stdout).toMatch(/^x-jairouter-backend: (one|two)\r?$/m)
    expect(stdout).toContain('{"balance":"round-robin"}')
    expect(stdout).toContain('"items":[{"number":4,"author":"ada"')
    expect(stdout).toContain('"op":"added","path":"services"')
    expect(stdout).toMatch(/"version":\{"number":5,"author":"ada",[^}]*"origin":"rollback","message":"as it was"/)
    expect(stdout).toContain('"unit":"tokens","amount":1000000')
    expect(stdout).toContain('"kind":"address","value":"203.0.113.0/24"')
    expect(cli.stdout()).not.toContain(token)
  })
})
