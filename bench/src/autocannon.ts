import type { LoadResult } from './load-result.ts'

/** Reads what `autocannon --json` prints. Its latencies are whole milliseconds. Throws when it is something else. */
export function parseAutocannonOutput(output: string): LoadResult {
  const line = output.split('\n').find((candidate) => candidate.startsWith('{'))
  if (line === undefined) throw new Error(`autocannon gave no result: ${output.trim().slice(-300)}`)
  const result: unknown = JSON.parse(line)
  return {
    requests: numberAt(result, '2xx'),
    // Time-outs are among its errors.
    errors: numberAt(result, 'non2xx') + numberAt(result, 'errors'),
    durationMs: numberAt(result, 'duration') * 1000,
    p50Ms: numberAt(result, 'latency', 'p50'),
    p99Ms: numberAt(result, 'latency', 'p99'),
  }
}

function numberAt(value: unknown, ...path: readonly string[]): number {
  let found = value
  for (const name of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined
  if (typeof found !== 'number') throw new Error(`autocannon's result has no ${path.join('.')}`)
  return found
}
