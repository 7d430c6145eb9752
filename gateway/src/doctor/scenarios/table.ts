import { accounting } from './accounting.ts'
import { brokenStreams, prefillRefused } from './broken-streams.ts'
import { flapping } from './flapping.ts'
import { refusals } from './refusals.ts'
import type { Scenario } from './scenario.ts'
import { silences } from './silence.ts'
import { verdicts } from './verdicts.ts'

/** All sixteen, in the order of their ids. */
export const SCENARIOS: readonly Scenario[] = [
  ...refusals,
  ...silences,
  ...brokenStreams,
  ...verdicts,
  prefillRefused,
  flapping,
  accounting,
]
