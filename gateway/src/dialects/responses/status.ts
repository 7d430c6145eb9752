/** How a response ended; `reason` is that of `incomplete_details`. */
export type Ending =
  | { readonly status: 'completed' }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }

/** By a choice's finish reason (backends.md 21.1): also Mistral's and Zhipu's own. */
export function endingOf(finishReason: string): Ending {
  switch (finishReason) {
    case 'length':
    case 'model_length':
      return { status: 'incomplete', reason: 'max_output_tokens' }
    case 'content_filter':
    case 'sensitive':
      return { status: 'incomplete', reason: 'content_filter' }
    default:
      return { status: 'completed' }
  }
}
