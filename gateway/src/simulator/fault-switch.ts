import { mix32 } from '../lib/hash.ts'
import { parseFault, type Fault } from './faults/fault.ts'

/** Where a request's fault may come from; the first that is there decides. */
interface FaultSources {
  readonly header: string | undefined
  /** The model's name up to its `!`, as sent. */
  readonly model: string | undefined
  /** What follows the `!`. */
  readonly suffix: string | undefined
  readonly path: string
}

/** Which request is hit by which fault; counts requests for `times` and `rate`. */
export interface FaultSwitch {
  readonly empty: boolean
  /** `key` is a model, a path that begins with `/`, or `*` for every request to a model. */
  set(key: string, fault: Fault | undefined): void
  get(key: string): Fault | undefined
  /** Throws FaultSyntaxError. */
  choose(sources: FaultSources): Fault | undefined
  /** Counts a request against `fault` and says whether it is hit. */
  strikes(key: string, fault: Fault): boolean
  clear(): void
}

interface Count {
  seen: number
  hit: number
}

export function createFaultSwitch(): FaultSwitch {
  const faults = new Map<string, Fault>()
  const counts = new Map<string, Count>()

  function strikes(key: string, fault: Fault): boolean {
    if (fault.times === undefined && fault.rate === undefined) return true
    const count = counts.get(key) ?? { seen: 0, hit: 0 }
    counts.set(key, count)
    const number = count.seen
    count.seen += 1
    if (fault.times !== undefined && count.hit >= fault.times) return false
    if (fault.rate !== undefined && mix32(fault.seed ?? 1, number) / 2 ** 32 >= fault.rate) return false
    count.hit += 1
    return true
  }

  function fromText(text: string): Fault | undefined {
    const fault = parseFault(text)
    return strikes(`text ${text}`, fault) ? fault : undefined
  }

  return {
    get empty() {
      return faults.size === 0
    },
    set(key, fault) {
      counts.delete(`set ${key}`)
      if (fault === undefined) faults.delete(key)
      else faults.set(key, fault)
    },
    get: (key) => faults.get(key),
    strikes,
    choose(sources) {
      if (sources.header !== undefined) return fromText(sources.header)
      if (sources.suffix !== undefined) return fromText(sources.suffix)
      if (faults.size === 0) return undefined
      const key = [sources.path, sources.model, sources.model === undefined ? undefined : '*'].find(
        (name) => name !== undefined && faults.has(name),
      )
      const fault = key === undefined ? undefined : faults.get(key)
      return key !== undefined && fault !== undefined && strikes(`set ${key}`, fault) ? fault : undefined
    },
    clear() {
      faults.clear()
      counts.clear()
    },
  }
}
