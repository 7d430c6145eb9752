import type { Environment } from '../../config/interpolate.ts'
import type { LoadTexts } from '../../config/load-texts.ts'
import type { NewSecrets } from '../stored-secrets.ts'
import { lengthOf, runTextJob, type TextJob, type TextResults } from './text-job.ts'

/** Characters from which on a text is worth another thread: reading fewer takes less than it takes to start one. */
const LONG = 32 * 1024

/** Another thread; only long texts are given to it. */
export interface TextThread {
  run<Kind extends TextJob['kind']>(job: Extract<TextJob, { readonly kind: Kind }>, secrets: NewSecrets): Promise<TextResults[Kind]>
  close(): void
}

export interface TextWorkPorts {
  readonly load: LoadTexts
  readonly env: Environment
  /** Undefined: all is done here. */
  readonly thread: () => TextThread | undefined
}

/** Rejects with a DeskProblem. */
export type DoTextWork = <Kind extends TextJob['kind']>(
  job: Extract<TextJob, { readonly kind: Kind }>,
  secrets: NewSecrets,
) => Promise<TextResults[Kind]>

/** Work on texts: of short ones here, of long ones where it holds up nobody. */
export function createTextWork({ load, env, thread }: TextWorkPorts): DoTextWork {
  // oxlint-disable-next-line require-await -- what is thrown has to reject
  return async (job, secrets) => {
    const other = lengthOf(job) > LONG ? thread() : undefined
    if (other !== undefined) return other.run(job, secrets)
    return runTextJob(job, { load, env, secretOf: secrets.secretOf, keep: secrets.keep, stored: secrets.stored })
  }
}
