import type { ConfigInput } from '@jairouter/contract/config'
import type { FoundConfig } from '../../config/find.ts'
import type { Environment } from '../../config/interpolate.ts'
import type { CompleteConfig } from '../../config/live-config.ts'
import type { DeskProblem } from '../config-desk.ts'
import type { Prepared } from '../prepare-change.ts'
import type { TextJob, TextResults } from './text-job.ts'

/** What the thread reads texts with. */
export interface TextThreadData {
  readonly found: FoundConfig | undefined
  readonly cwd: string
  readonly env: Environment
  readonly server: NonNullable<ConfigInput['server']>
}

export interface TextRequest {
  readonly job: TextJob
  /** Stored ones, by their ids. */
  readonly secrets: ReadonlyMap<string, string>
}

/** Without the way back to the places of problems, which is a function. */
export type SentPrepared = Omit<Prepared, 'loaded'> & { readonly loaded: CompleteConfig | undefined }

export type TextReply =
  | {
      readonly value: Exclude<TextResults[TextJob['kind']], Prepared> | SentPrepared
      /** Secrets that were taken out: by what stands in their place until they have their ids. */
      readonly kept: ReadonlyMap<string, string>
    }
  | { readonly problem: Pick<DeskProblem, 'code' | 'message' | 'details'> }
  | { readonly fault: string }
