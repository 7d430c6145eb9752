import { managementKills } from '../../gateway/test/support/proofs/management-kills.ts'
import { runKills } from './kill-command.ts'

const usage = `Usage: node bench/src/management-kills.ts [KILLS] [file|sqlite|postgres...]

The long form of gateway/test/proofs/management-kills.test.ts: "jairouter serve" is killed by SIGKILL at a random moment while
several clients write to it over the management API, KILLS times (200) for each store. Each time it is started again, and asked
for every key, user, team, block and config version that it had acknowledged, and for the config in force.

Exit codes: 0 everything that was acknowledged was there, 1 something was not, 2 bad usage.`

/** Acknowledged ones, after which it is killed at the latest. */
const WRITES = 300

process.exitCode = await runKills(
  { usage, what: 'writes', run: (address, kills) => managementKills(address, { kills, writes: WRITES }) },
  process.argv.slice(2),
)
