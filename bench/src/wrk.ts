import type { LoadResult } from './load-result.ts'

const MARK = 'bench-result'

export interface WrkScriptOptions {
  readonly bodyFile: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The script for wrk. It has no `request` function: wrk then builds the request once and sends the same bytes again and again. Its
 * result is printed from wrk's own counters, in microseconds: the text that wrk prints for people is rounded.
 */
export function wrkScript({ bodyFile, headers }: WrkScriptOptions): string {
  const headerLines = Object.entries(headers).map(([name, value]) => `wrk.headers[${luaString(name)}] = ${luaString(value)}`)
  return `local file = assert(io.open(${luaString(bodyFile)}, "rb"))
wrk.body = file:read("*a")
file:close()
wrk.method = "POST"
${headerLines.join('\n')}
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("${MARK} duration_us=%d requests=%d connect=%d read=%d write=%d timeout=%d status=%d p50_us=%.0f p99_us=%.0f\\n",
    summary.duration, summary.requests, errors.connect, errors.read, errors.write, errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(99)))
end
`
}

/** Throws when the line of the script is not in wrk's output. */
export function parseWrkOutput(output: string): LoadResult {
  const line = output.split('\n').find((candidate) => candidate.startsWith(`${MARK} `))
  if (line === undefined) throw new Error(`wrk gave no result: ${output.trim().slice(-300)}`)
  const fields = new Map(
    line
      .split(' ')
      .slice(1)
      .map((field) => field.split('='))
      .map(([name = '', value]) => [name, Number(value)]),
  )
  const field = (name: string): number => {
    const value = fields.get(name)
    if (value === undefined || !Number.isFinite(value)) throw new Error(`wrk's result has no ${name}: ${line}`)
    return value
  }
  return {
    requests: field('requests'),
    errors: field('connect') + field('read') + field('write') + field('timeout') + field('status'),
    durationMs: field('duration_us') / 1000,
    p50Ms: field('p50_us') / 1000,
    p99Ms: field('p99_us') / 1000,
  }
}

function luaString(text: string): string {
  return `"${text.replace(/[\\"]/g, String.raw`\$&`).replace(/[^ -~]/g, (character) => [...Buffer.from(character)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join(''))}"`
}
