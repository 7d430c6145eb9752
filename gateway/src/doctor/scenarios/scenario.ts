import type { Fault } from '../../simulator/faults/fault.ts'
import type { Finding } from '../finding.ts'
import type { Mode } from '../heard.ts'
import type { Observation } from '../observation.ts'

export const SCENARIO_IDS = [
  'S01',
  'S02',
  'S03',
  'S04',
  'S05',
  'S06',
  'S07',
  'S08',
  'S09',
  'S10',
  'S11',
  'S12',
  'S13',
  'S14',
  'S15',
  'S16',
] as const
export type ScenarioId = (typeof SCENARIO_IDS)[number]

/** A real duration, in milliseconds, in that of the run. */
export type Shorten = (milliseconds: number) => number

/** Requests at a steady pace while a server is ill and after it has recovered. All in real milliseconds. */
export interface Sequence {
  readonly requests: number
  readonly everyMs: number
  readonly illForMs: number
  /** How many more requests wait for the recovered server to be used again. */
  readonly more: number
}

/** One way to fail, and what is right then. Data and pure judgement; who plays it is `run-scenario.ts`. */
export interface Scenario {
  readonly id: ScenarioId
  readonly title: string
  /** Whose fault it is: the server that is asked first, whichever that is, or all of the examined model. */
  readonly strikes: 'first-asked' | 'all'
  readonly fault: (mode: Mode, shorten: Shorten) => Fault
  /** What is wrong with everybody else. */
  readonly others?: Fault
  /** True where the limits of silence are what is tried. */
  readonly timed?: true
  /** One request where it is left out. */
  readonly sequence?: Sequence
  /** The longest, in real milliseconds, that a request may take. */
  readonly longestMs: number
  /** Beside what holds in every scenario. */
  readonly judge: (observation: Observation) => readonly Finding[]
}
