import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detectLayout } from './core-layout.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { Processes } from './processes.ts'
import { cuts, poisoned } from './proofs/broken-answers.ts'
import { flapping, halfErrors } from './proofs/client-success.ts'
import { configChanges } from './proofs/config-changes.ts'
import { drain } from './proofs/drain.ts'
import { limitFlood } from './proofs/limit-flood.ts'
import { fastFailure, recovery } from './proofs/outage.ts'
import { numbersOnPostgres, numbersOnSqlite } from './proofs/numbers.ts'
import type { Figure, Proof, ProofContext } from './proofs/proof.ts'
import { slowReaders } from './proofs/slow-readers.ts'

const PROOFS: readonly Proof[] = [
  halfErrors,
  flapping,
  fastFailure,
  recovery,
  cuts,
  poisoned,
  slowReaders,
  drain,
  limitFlood,
  configChanges,
  numbersOnSqlite,
  numbersOnPostgres,
]
/** For each of them, where it says nothing else. */
const LIMIT_MS = 180_000

const USAGE = `Usage: npm run prove -- [PROOF...]

The long forms of gateway/test/proofs, each up to two minutes; all when none is named:
${PROOFS.map(({ id, about }) => `  ${id.padEnd(18)}${about}`).join('\n')}

Exit codes: 0 everything holds, 1 something does not, 2 bad usage.`

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    print(USAGE)
    return 0
  }
  const unknown = args.filter((name) => PROOFS.every(({ id }) => id !== name))
  if (unknown.length > 0) {
    process.stderr.write(`prove: no proof ${unknown.join(', ')}\n\n${USAGE}\n`)
    return 2
  }
  const interrupt = new AbortController()
  process.once('SIGINT', () => interrupt.abort(new Error('stopped by a signal')))
  process.once('SIGTERM', () => interrupt.abort(new Error('stopped by a signal')))
  const { cpu, cores, kernel, node } = describeMachine()
  const { commit, changed } = describeCommit()
  print(`${cpu}, ${cores} cores, ${kernel}, Node ${node}, commit ${commit}${changed ? ' with changes' : ''}`)
  let held = true
  for (const proof of PROOFS.filter(({ id }) => args.length === 0 || args.includes(id))) {
    held = (await prove(proof, AbortSignal.any([interrupt.signal, AbortSignal.timeout(proof.limitMs ?? LIMIT_MS)]))) && held
    if (interrupt.signal.aborted) return 130
  }
  return held ? 0 : 1
}

async function prove({ id, about, run }: Proof, signal: AbortSignal): Promise<boolean> {
  print(`\n${id}: ${about}`)
  const folder = mkdtempSync(join(tmpdir(), 'jairouter-prove-'))
  const context: ProofContext = { processes: new Processes(), layout: detectLayout(), folder, signal }
  const startedAt = performance.now()
  try {
    const figures = await Promise.race([run(context), untilAborted(signal)])
    for (const figure of figures) print(lineOf(figure))
    return figures.every(({ holds }) => holds)
  } catch (error) {
    print(`  FAIL  ${error instanceof Error ? error.message : String(error)}`)
    return false
  } finally {
    await context.processes.stopAll()
    rmSync(folder, { recursive: true, force: true })
    print(`        ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`)
  }
}

/** Whatever hangs, its proof ends. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')), { once: true })
  })
}

function lineOf({ what, value, bound, holds }: Figure): string {
  const verdict = bound === '' ? '     ' : holds ? 'ok   ' : 'FAIL '
  return `  ${verdict} ${what}: ${value}${bound === '' ? '' : ` (${bound})`}`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

// A time limit's timer must not keep a finished run waiting.
process.exit(await main(process.argv.slice(2)))
