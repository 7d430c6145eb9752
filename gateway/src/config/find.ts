import { existsSync } from 'node:fs'
import { basename, format, parse, resolve } from 'node:path'
import type { Environment } from './interpolate.ts'
import type { ConfigProblem } from './problem.ts'

/** In this order, from the working directory. */
export const USUAL_PLACES = ['jairouter.yaml', 'config/jairouter.yaml'] as const

export interface FoundConfig {
  /** Absolute. */
  readonly file: string
  /** Absolute; only with JAIROUTER_ENV. */
  readonly overlay?: string
}

export interface FindOptions {
  /** What `--config` says. */
  readonly option?: string | undefined
  /** JAIROUTER_CONFIG and JAIROUTER_ENV are read; an empty one counts as unset. */
  readonly env: Environment
  readonly cwd: string
  readonly exists?: (file: string) => boolean
}

/** Where the config is; undefined when none was named and none stands in the usual places (zero config). */
export function findConfig(options: FindOptions): FoundConfig | { readonly problems: readonly ConfigProblem[] } | undefined {
  const { env, cwd, exists = existsSync } = options
  const environment = env['JAIROUTER_ENV'] ?? ''
  const base = findBase(options, exists)
  if (base !== undefined && base.source !== undefined && !exists(base.file)) {
    return problem(base.file, `there is no such file; ${base.source} names it`)
  }
  if (environment === '') return base === undefined ? undefined : { file: base.file }
  if (!/^[\w-]+$/.test(environment)) {
    return problem(base?.file ?? resolve(cwd, USUAL_PLACES[0]), 'JAIROUTER_ENV may hold letters, digits, "_" and "-" only')
  }
  if (base === undefined) {
    const expected = resolve(cwd, USUAL_PLACES[0])
    return problem(expected, `there is no such file; JAIROUTER_ENV wants to lay ${basename(overlayOf(expected, environment))} over it`)
  }
  const overlay = overlayOf(base.file, environment)
  if (!exists(overlay)) return problem(overlay, `there is no such file; JAIROUTER_ENV wants to lay it over ${basename(base.file)}`)
  return { file: base.file, overlay }
}

/** `source`: who named it, if somebody did. */
function findBase({ option, env, cwd }: FindOptions, exists: (file: string) => boolean): { file: string; source?: string } | undefined {
  if (option !== undefined) return { file: resolve(cwd, option), source: '--config' }
  const named = env['JAIROUTER_CONFIG'] ?? ''
  if (named !== '') return { file: resolve(cwd, named), source: 'JAIROUTER_CONFIG' }
  const file = USUAL_PLACES.map((place) => resolve(cwd, place)).find(exists)
  return file === undefined ? undefined : { file }
}

/** jairouter.yaml -> jairouter.prod.yaml, beside it. */
function overlayOf(file: string, environment: string): string {
  const { dir, name, ext } = parse(file)
  return format({ dir, name: `${name}.${environment}`, ext })
}

function problem(file: string, message: string): { problems: ConfigProblem[] } {
  return { problems: [{ file, line: 0, column: 0, path: '', message }] }
}
