import type { Expectation } from '@jairouter/contract/explain'
import type { Service } from '@jairouter/contract/names'
import { nearest } from '../lib/nearest.ts'
import type { Report } from './compile-problem.ts'
import { mayUse } from './may-use.ts'
import type { KeyRecord, Route } from './snapshot.ts'

/** What a config comes to, as far as expectations look at it. */
export interface Expected {
  readonly keys: Iterable<KeyRecord>
  /** Ids that stand in the config, of disabled backends too. */
  readonly backends: ReadonlySet<string>
  readonly routeOf: (service: Service, model: string) => Route | undefined
  /** Whether the config says by itself what the name stands for: what backends list can't change it. */
  readonly isFixed: (service: Service, model: string) => boolean
  /** Backends whose models are not known yet. */
  readonly undiscovered: readonly string[]
}

export interface ExpectationReports {
  /** Something is otherwise than expected, or can't be. */
  readonly report: Report
  /** Something can't be checked now. */
  readonly warn: Report
}

/** That every expectation holds: key -> what it may use -> route -> its own backends, fallbacks left out. */
export function checkExpectations(expectations: readonly Expectation[], expected: Expected, reports: ExpectationReports): void {
  for (const [index, expectation] of expectations.entries()) check(expectation, ['expect', index], { expected, ...reports })
}

type Path = readonly (string | number)[]

function check(expectation: Expectation, path: Path, context: ExpectationReports & { readonly expected: Expected }): void {
  const { expected, report } = context
  const { goesTo, refused, key: name } = expectation
  if ((goesTo === undefined) === (refused === undefined)) return report(path, 'expected exactly one of goesTo and refused')
  const key = name === undefined ? undefined : [...expected.keys].find((record) => record.name === name)
  if (name !== undefined && key === undefined)
    return report(
      [...path, 'key'],
      unknown(
        'key',
        name,
        [...expected.keys].map((record) => record.name),
      ),
    )
  if (refused === true) return checkRefused(expectation, key, { path, ...context })
  if (goesTo !== undefined) checkGoesTo({ ...expectation, goesTo }, key, { path, ...context })
}

type Context = ExpectationReports & { readonly expected: Expected; readonly path: Path }

/** When a key expires is the clock's business, and not looked at. */
function isBarred(key: KeyRecord | undefined, model: string): boolean {
  return key !== undefined && (!key.enabled || !mayUse(key, model))
}

function checkRefused(expectation: Expectation, key: KeyRecord | undefined, { expected, path, report, warn }: Context): void {
  const { model, service } = expectation
  if (isBarred(key, model)) return
  if (expected.routeOf(service, model) !== undefined) {
    const who = key === undefined ? 'a request without a key' : `key "${key.name}"`
    return report(path, `is not so: ${who} may use "${model}" for ${service}`)
  }
  if (expected.undiscovered.length > 0) warn(path, cannotCheck(expected.undiscovered))
}

function checkGoesTo(
  expectation: Expectation & { readonly goesTo: readonly string[] },
  key: KeyRecord | undefined,
  { expected, path, report, warn }: Context,
): void {
  const { model, service, goesTo } = expectation
  for (const [place, id] of goesTo.entries())
    if (!expected.backends.has(id)) report([...path, 'goesTo', place], unknown('backend', id, [...expected.backends]))
  if (key !== undefined && !key.enabled) return report(path, `is not so: key "${key.name}" is disabled`)
  if (isBarred(key, model)) return report(path, `is not so: key "${key?.name ?? ''}" may not use "${model}"`)
  const route = expected.routeOf(service, model)
  const open = expected.isFixed(service, model) ? [] : expected.undiscovered
  if (route === undefined) {
    if (open.length > 0) return warn(path, cannotCheck(open))
    return report([...path, 'model'], `is not so: there is no model "${model}" for ${service}`)
  }
  const found = [...new Set(route.instances.map(({ backend }) => backend.id))]
  const others = found.filter((id) => !goesTo.includes(id))
  if (others.length > 0) return report(path, `is not so: "${model}" goes to ${others.join(', ')} as well`)
  const unlisted = open.filter((id) => !goesTo.includes(id))
  if (found.length === 0) {
    if (open.length > 0) return warn(path, cannotCheck(open))
    return report(path, `is not so: "${model}" goes nowhere, all its backends are disabled`)
  }
  if (unlisted.length > 0) warn(path, cannotCheck(unlisted))
}

function cannotCheck(backends: readonly string[]): string {
  return `cannot be checked: ${backends.join(', ')} ${backends.length === 1 ? 'lists its models itself, and has' : 'list their models themselves, and have'} not been asked`
}

function unknown(kind: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return `unknown ${kind} "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}
