export interface SelfTime {
  readonly name: string
  /** Of the time that was sampled, 0 to 1; a closed loop's idle time is left out. */
  readonly share: number
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

/** The part of V8's `.cpuprofile` that is read here. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** The node that was running at each sample. */
  readonly samples: readonly number[]
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[]
}

export interface ProfileSummary {
  readonly functions: readonly SelfTime[]
  /** Our files and packages, each with all its functions. */
  readonly modules: readonly SelfTime[]
}

/** How long functions and modules were themselves at work after `fromMs`, wherever they were called from; the longest first. */
export function summariseProfile({ nodes, samples, timeDeltas }: CpuProfile, fromMs: number): ProfileSummary {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const functions = new Map<string, number>()
  const modules = new Map<string, number>()
  let at = 0
  for (const [index, id] of samples.entries()) {
    const delta = Math.max(0, timeDeltas[index] ?? 0)
    at += delta
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)' || at < fromMs * 1000) continue
    add(functions, functionName(frame), delta)
    add(modules, moduleName(frame), delta)
  }
  return { functions: toShares(functions), modules: toShares(modules) }
}

function functionName({ functionName, url, lineNumber }: ProfileNode['callFrame']): string {
  const name = functionName || '(anonymous)'
  return url === '' ? name : `${name}  ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
}

function moduleName({ functionName, url }: ProfileNode['callFrame']): string {
  if (url === '') return `native ${functionName || '(anonymous)'}`
  const packageName = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (packageName !== undefined) return packageName
  return /\/((?:gateway|contract)\/src\/.*)/.exec(url)?.[1] ?? url
}

function add(times: Map<string, number>, name: string, microseconds: number): void {
  times.set(name, (times.get(name) ?? 0) + microseconds)
}

function toShares(times: ReadonlyMap<string, number>): readonly SelfTime[] {
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  return [...times].sort((a, b) => b[1] - a[1]).map(([name, time]) => ({ name, share: total === 0 ? 0 : time / total }))
}
