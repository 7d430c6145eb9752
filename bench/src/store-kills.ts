import { killRounds } from '../../gateway/test/store/kill-rounds.ts'
import { runKills } from './kill-command.ts'

const USAGE = `Usage: npm run prove:stores -- [KILLS] [file|sqlite|postgres...]

The long form of gateway/test/store/kills.test.ts: a process that commits is killed by SIGKILL at a random moment during up to
1,000 acknowledged commits, KILLS times (200) for each store, and what it has left is looked at each time.

Exit codes: 0 everything that was acknowledged was there, 1 something was not, 2 bad USAGE.`

const COMMITS = 1_000

process.exitCode = await runKills(
  { usage: USAGE, what: 'commits', run: (address, kills) => killRounds(address, { kills, commits: COMMITS }) },
  process.argv.slice(2),
)
