import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreAddress } from '../../gateway/test/store/kill-rounds.ts'
import { startPostgres } from '../../gateway/test/store/postgres-server.ts'

const TYPES = ['file', 'sqlite', 'postgres'] as const
const KILLS = 200

export interface KillOutcome {
  readonly kills: number
  readonly acknowledged: number
  readonly failures: readonly string[]
}

export interface KillProof {
  readonly usage: string
  /** What is acknowledged. */
  readonly what: string
  run(address: StoreAddress, kills: number): Promise<KillOutcome>
}

/** `[KILLS] [file|sqlite|postgres...]`: plays the proof over each store and prints a line for each; returns the exit code. */
export async function runKills({ usage, ...proof }: KillProof, args: readonly string[]): Promise<number> {
  const [count = String(KILLS), ...named] = args
  const kills = Number(count)
  const types = TYPES.filter((type) => named.length === 0 || named.includes(type))
  if (!Number.isInteger(kills) || kills < 1 || types.length < named.length) {
    process.stderr.write(`${usage}\n`)
    return 2
  }
  let held = true
  for (const type of types) held = (await prove(proof, type, kills)) && held
  return held ? 0 : 1
}

async function prove({ what, run }: Omit<KillProof, 'usage'>, type: StoreAddress['type'], kills: number): Promise<boolean> {
  const path = mkdtempSync(join(tmpdir(), 'jairouter-kills-'))
  const server = type === 'postgres' ? await startPostgres() : undefined
  const startedAt = performance.now()
  try {
    const url = await server?.createPlace()
    const report = await run({ type, path, ...(url === undefined ? {} : { url }) }, kills)
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
    const verdict = report.failures.length === 0 ? 'ok  ' : 'FAIL'
    process.stdout.write(
      `${verdict} ${type}: ${report.kills} kills, ${report.acknowledged} acknowledged ${what}, ${report.failures.length} failures, ${seconds} s\n`,
    )
    for (const failure of report.failures.slice(0, 20)) process.stdout.write(`     ${failure}\n`)
    return report.failures.length === 0
  } finally {
    await server?.stop()
    rmSync(path, { recursive: true, force: true })
  }
}
