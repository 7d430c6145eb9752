import { isTest, sourceFiles } from './source-files.ts'
import { importsOf, lineOf, type SourceText } from './source-text.ts'

/** Folders of `gateway/src` that only decide: `now` and `random` are arguments there. */
const PURE: ReadonlySet<string> = new Set([
  'balance',
  'limit',
  'breaker',
  'health',
  'adapters',
  'endpoints',
  'fallback',
  'queue',
  'budget',
  'content',
  'experiment',
  'alert',
  'dialects',
])

/** Folders of `gateway/src` that every adapter shares: what differs between them is a field of the definition. */
const SHARED: ReadonlySet<string> = new Set(['relay', 'http', 'upstream', 'endpoints', 'config'])

const IMPURE: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bDate\s*\.\s*now\b|\bnew\s+Date\b\s*(?:\(\s*\)|(?![\s(]))|\bperformance\s*\.\s*now\b/g, 'take `now` as an argument'],
  [/\bMath\s*\.\s*random\b/g, 'take `random` as an argument'],
  [/\bset(?:Timeout|Interval|Immediate)\b/g, 'leave waiting to the caller'],
  [/(?<![\w$.])(?:globalThis\s*\.\s*)?(?:process|console)\s*\./g, 'leave the process and its output to the caller'],
]

const IMPURE_MODULE =
  /^(?:node:)?(?:fs|net|http|https|http2|tls|dns|dgram|timers|perf_hooks|process|console|child_process|worker_threads)(?:\/|$)|^(?:undici|fastify|pino)(?:\/|$)/

/** A comparison, or a switch, over which adapter it is; with the text on either side. */
const ADAPTER_BRANCH =
  /\badapter\??\.id\s*(?:===?|!==?)|['"`]\s*(?:===?|!==?)\s*(?:[\w$]+\??\.)*adapter\??\.id\b|\bswitch\s*\(\s*(?:[\w$]+\??\.)*adapter\??\.id\s*\)/g

/** Clocks, chance and I/O where there may be none, and shared code that asks which adapter it has: one line each, beginning with `file:line`. */
export function checkPurity(root: string): string[] {
  return sourceFiles(root).flatMap(({ path, source }) => {
    const folder = /^gateway\/src\/([^/]+)\//.exec(path)?.[1]
    if (folder === undefined || isTest(path)) return []
    const text = source()
    return [...(PURE.has(folder) ? impurities(text, folder) : []), ...(SHARED.has(folder) ? adapterBranches(text) : [])].map(
      ({ line, problem }) => `${path}:${line}: ${problem}`,
    )
  })
}

interface Finding {
  readonly line: number
  readonly problem: string
}

function impurities(text: SourceText, folder: string): Finding[] {
  const used = IMPURE.flatMap(([pattern, instead]) =>
    [...text.code.matchAll(pattern)].map((match) => ({
      line: lineOf(text.code, match.index),
      problem: `${match[0].trim()} in the pure folder ${folder}: ${instead}`,
    })),
  )
  const imported = importsOf(text)
    .filter(({ specifier }) => IMPURE_MODULE.test(specifier))
    .map(({ specifier, line }) => ({ line, problem: `${specifier} in the pure folder ${folder}: leave I/O to the caller` }))
  return [...used, ...imported]
}

function adapterBranches({ code }: SourceText): Finding[] {
  return [...code.matchAll(ADAPTER_BRANCH)].map((match) => ({
    line: lineOf(code, match.index),
    problem: "asks which adapter it has; make what differs a field of the adapter's definition",
  }))
}
