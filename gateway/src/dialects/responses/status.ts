import { finishOf } from '../canonical/finish-reason.ts'

/** How a response ended; `reason` is that of `incomplete_details`. */
export type Ending =
  | { readonly status: 'completed' }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }

/** By a choice's finish reason; undefined where the backend failed. */
export function endingOf(finishReason: string): Ending | undefined {
  switch (finishOf(finishReason)) {
    case 'length':
      return { status: 'incomplete', reason: 'max_output_tokens' }
    case 'filtered':
      return { status: 'incomplete', reason: 'content_filter' }
    case 'stop':
      return { status: 'completed' }
    case 'failed':
      return undefined
  }
}
