import { readFileSync } from 'node:fs'
import { findOnPath } from './find-on-path.ts'

/** Which part of the bench runs on which core; undefined where nothing is pinned. */
export interface CoreLayout {
  readonly target: number | undefined
  readonly load: number | undefined
  readonly mock: number | undefined
  readonly description: string
}

/**
 * The target has a core to itself, always: its CPU is what is measured. The load generator and the mock share the other one where
 * there are two, and have one each where there are more.
 */
export function chooseLayout(cores: readonly number[], canPin: boolean): CoreLayout {
  const [load, target, mock = load] = cores
  if (!canPin) return unpinned('taskset is not installed')
  if (load === undefined || target === undefined) return unpinned('there is only one core')
  const others = mock === load ? `load generator and mock on core ${load}` : `load generator on core ${load}, mock on core ${mock}`
  return { target, load, mock, description: `target on core ${target}, ${others}` }
}

function unpinned(why: string): CoreLayout {
  return { target: undefined, load: undefined, mock: undefined, description: `NOT pinned: ${why}; figures are rougher` }
}

export function detectLayout(): CoreLayout {
  let allowed = ''
  try {
    allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  } catch {
    // Not Linux: nothing is pinned.
  }
  return chooseLayout(parseCoreList(allowed), findOnPath('taskset') !== undefined)
}

/** Linux's list of CPUs: `0-2,5` is 0, 1, 2, 5. */
export function parseCoreList(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number)
    if (part === '' || first === undefined || last === undefined || Number.isNaN(first + last)) return []
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
