/**
 * All that can be said of the repository without running it: `npm run check`, or `npm run check -- STEP...` for some
 * steps. Says one line for each step, what the failed ones said, and exits with 1 if there were any.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { checkLayers } from './check-layers.ts'
import { checkPurity } from './check-purity.ts'
import { checkWords } from './check-words.ts'

const ROOT = join(import.meta.dirname, '..')
const STEP_LIMIT_MS = 300_000

interface StepResult {
  readonly ok: boolean
  readonly output: string
}

type Step = () => Promise<StepResult>

/** The slowest first, so that the others fit in beside it. */
const STEPS: Readonly<Record<string, Step>> = {
  types: command('tsc', '--pretty', 'false'),
  'dead code': command('knip', '--no-progress', '--no-config-hints'),
  'dead code but for tests': command(
    'knip',
    '--no-progress',
    '--no-config-hints',
    '--production',
    '--include',
    'files,dependencies,unlisted',
  ),
  lint: command('oxlint', '--deny-warnings', '--format=unix'),
  format: command('oxfmt', '--check'),
  'generated files': command(process.execPath, 'tools/generate.ts', '--check'),
  layers: problems(checkLayers),
  purity: problems(checkPurity),
  words: problems((root) => checkWords(root, process.env['npm_config_registry'])),
}

/** A program of node_modules, run in the repository's root. */
function command(program: string, ...args: readonly string[]): Step {
  return () => {
    // Also where this was not started by npm: the tools, and the `node` in their first lines, are the repository's own.
    const path = [join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter)
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: STEP_LIMIT_MS,
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    return new Promise((resolve) => {
      child.once('error', (error) => resolve({ ok: false, output: error.message }))
      child.once('close', (code, signal) => {
        const output = Buffer.concat(chunks).toString('utf8').trim()
        resolve({ ok: code === 0, output: signal === null ? output : `${output}\n${program} was ended by ${signal}` })
      })
    })
  }
}

function problems(find: (root: string) => readonly string[]): Step {
  return () => {
    const found = find(ROOT)
    return Promise.resolve({ ok: found.length === 0, output: found.join('\n') })
  }
}

async function runStep(name: string, step: Step): Promise<boolean> {
  const startedAt = performance.now()
  const { ok, output } = await step().catch((error: unknown) => ({ ok: false, output: String(error) }))
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`)
  if (!ok) process.stdout.write(`${output.replaceAll(/^(?=.)/gm, '    ')}\n`)
  return ok
}

/** As many at a time as there are cores. Returns the exit code. */
async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((name) => !Object.hasOwn(STEPS, name))
  if (unknown.length > 0) {
    process.stderr.write(`No such step: ${unknown.join(', ')}. Steps: ${Object.keys(STEPS).join(', ')}\n`)
    return 2
  }
  const waiting = Object.entries(STEPS).filter(([name]) => wanted.length === 0 || wanted.includes(name))
  let failed = 0
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) if (!(await runStep(...next))) failed += 1
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  if (failed > 0) process.stdout.write(`${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
