/** Of a message, and of a chain of causes. */
const LONGEST_TEXT = 1_000
const DEEPEST = 5
const MOST_FRAMES = 20
const MOST_JOINED = 5

export interface DescribedError {
  readonly type: string
  readonly message: string
  readonly code?: string
  /** Where it was thrown, without the message. */
  readonly stack?: string
  readonly cause?: DescribedError | string
  readonly errors?: readonly (DescribedError | string)[]
}

/**
 * An error for the log: by name what may be there. Whatever else hangs on an error (a body, headers, the query of a
 * database, what a parser was given) may hold a key or a prompt, and is left out whatever it is called.
 */
export function describeError(error: unknown, depth = 0): DescribedError | string {
  // Of what is no error nobody knows what it is.
  if (!(error instanceof Error)) return `(${typeof error})`
  const { name, cause } = error
  const described: DescribedError = {
    type: maskedText(typeof name === 'string' ? name : 'Error'),
    message: messageOf(error),
    ...codeOf(error),
    ...stackOf(error),
  }
  if (depth >= DEEPEST) return described
  return {
    ...described,
    ...(cause === undefined ? {} : { cause: describeError(cause, depth + 1) }),
    ...(error instanceof AggregateError
      ? { errors: error.errors.slice(0, MOST_JOINED).map((each) => describeError(each, depth + 1)) }
      : {}),
  }
}

/** The chain of causes as one bounded line. */
export function describeChain(error: unknown): string {
  const parts: string[] = []
  let current: unknown = error
  for (let depth = 0; depth < DEEPEST && current !== undefined; depth += 1) {
    if (!(current instanceof Error)) {
      parts.push(`(${typeof current})`)
      break
    }
    const { code } = codeOf(current)
    parts.push(code === undefined ? messageOf(current) : `${messageOf(current)} (${code})`)
    current = current.cause
  }
  return parts.join(': ').slice(0, LONGEST_TEXT)
}

/** JSON.parse and the like quote what they were given. */
function messageOf(error: Error): string {
  if (error instanceof SyntaxError) return 'not what a parser expected (its text is withheld: it quotes what was parsed)'
  return typeof error.message === 'string' ? maskedText(error.message).slice(0, LONGEST_TEXT) : ''
}

function codeOf(error: Error): { readonly code?: string } {
  return 'code' in error && typeof error.code === 'string' ? { code: maskedText(error.code).slice(0, 100) } : {}
}

/** Frames alone: the lines before them repeat the message. */
function stackOf({ stack }: Error): { readonly stack?: string } {
  if (typeof stack !== 'string') return {}
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line))
  return frames.length === 0 ? {} : { stack: maskedText(frames.slice(0, MOST_FRAMES).join('\n')) }
}

const MASK = '***'
const MASKED: readonly (readonly [pattern: RegExp, masked: string])[] = [
  // Of a URL, with its password.
  [/(\b[a-z][a-z\d+.-]{1,20}:\/\/)[^\s/@]{1,500}@/gi, `$1${MASK}@`],
  [/\b(bearer|basic)\s+[\w\-.~+/=]{4,}/gi, `$1 ${MASK}`],
  [
    /((?:api[-_]?key|token|secret|passw(?:or)?d|pwd|authorization|cookie|credential)["']?\s{0,3}[:=]\s{0,3}["']?)[^\s"'&,;]{1,4000}/gi,
    `$1${MASK}`,
  ],
  [/\b(sk-|jr-|sk_live_|sk_test_|rk_live_|github_pat_|glpat-|hf_|gh[pousr]_|xox[abeopr]-|AIza|AKIA|ASIA)[\w-]{8,4000}/g, `$1${MASK}`],
  [/\beyJ[\w-]{4,4000}\.[\w-]{1,4000}(?:\.[\w-]{0,4000})?/g, MASK],
]

/** Without what looks like a key, whoever wrote the text: behind all that keeps keys out of it. */
export function maskedText(text: string): string {
  return MASKED.reduce((result, [pattern, masked]) => result.replace(pattern, masked), text.slice(0, 4 * LONGEST_TEXT))
}
