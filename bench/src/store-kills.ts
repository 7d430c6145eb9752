import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killRounds, type StoreAddress } from '../../gateway/test/store/kill-rounds.ts'
import { startPostgres } from '../../gateway/test/store/postgres-server.ts'

const USAGE = `Usage: npm run prove:stores -- [KILLS] [file|sqlite|postgres...]

The long form of gateway/test/store/kills.test.ts: a process that commits is killed by SIGKILL at a random moment during up to
1,000 acknowledged commits, KILLS times (200) for each store, and what it has left is looked at each time.

Exit codes: 0 everything that was acknowledged was there, 1 something was not, 2 bad usage.`

const TYPES = ['file', 'sqlite', 'postgres'] as const
const KILLS = 200
const COMMITS = 1_000

async function main([count = String(KILLS), ...named]: readonly string[]): Promise<number> {
  const kills = Number(count)
  const types = TYPES.filter((type) => named.length === 0 || named.includes(type))
  if (!Number.isInteger(kills) || kills < 1 || types.length < named.length) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  let held = true
  for (const type of types) held = (await prove(type, kills)) && held
  return held ? 0 : 1
}

async function prove(type: StoreAddress['type'], kills: number): Promise<boolean> {
  const path = mkdtempSync(join(tmpdir(), 'jairouter-kills-'))
  const server = type === 'postgres' ? await startPostgres() : undefined
  const startedAt = performance.now()
  try {
    const url = await server?.createPlace()
    const report = await killRounds({ type, path, ...(url === undefined ? {} : { url }) }, { kills, commits: COMMITS })
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
    const verdict = report.failures.length === 0 ? 'ok  ' : 'FAIL'
    process.stdout.write(
      `${verdict} ${type}: ${report.kills} kills, ${report.acknowledged} acknowledged commits, ${report.failures.length} failures, ${seconds} s\n`,
    )
    for (const failure of report.failures.slice(0, 20)) process.stdout.write(`     ${failure}\n`)
    return report.failures.length === 0
  } finally {
    await server?.stop()
    rmSync(path, { recursive: true, force: true })
  }
}

process.exitCode = await main(process.argv.slice(2))
