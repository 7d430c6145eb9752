import type { ConfigInput } from '@jairouter/contract/config'
import type { Service } from '@jairouter/contract/names'
import { serviceOf } from './java-services.ts'
import { at, relaxed, type JavaNode } from './java-tree.ts'
import type { ImportReport } from './report.ts'
import { flagOf, numberOf, textOf } from './scalars.ts'

type KeyInput = NonNullable<NonNullable<ConfigInput['auth']>['keys']>[number] & { services?: Service[] }

/** jairouter.security.api-key -> auth. */
export function importKeys(root: JavaNode, report: ImportReport): Pick<ConfigInput, 'auth'> {
  const security = at(root, 'jairouter', 'security')
  const enabled = at(security, 'enabled')
  const keys = (at(security, 'api-key', 'keys')?.items ?? []).flatMap((node) => importKey(node, report))
  if (enabled !== undefined && flagOf(enabled) === false) {
    report.mapped(enabled, 'auth.mode', 'nobody is asked for a key; leave it out, and keys are asked for beyond this machine')
    return { auth: { mode: 'none', ...(keys.length === 0 ? {} : { keys }) } }
  }
  return keys.length === 0 ? {} : { auth: { keys } }
}

function importKey(node: JavaNode, report: ImportReport): readonly KeyInput[] {
  const name = textOf(at(node, 'key-id'))?.replaceAll(/[^a-zA-Z0-9._-]/g, '-')
  const key = textOf(at(node, 'key-value'))
  if (name === undefined || key === undefined) {
    report.leftOut(node, 'a key needs its key-id and key-value')
    return []
  }
  const to = `auth.keys[${name}]`
  const tell = (setting: string, field: string) => {
    const found = at(node, setting)
    if (found !== undefined) report.mapped(found, `${to}.${field}`)
  }
  tell('key-id', 'name')
  tell('key-value', 'key')
  tell('enabled', 'enabled')
  const perMinute = numberOf(at(node, 'rate-limit-per-minute')) ?? 0
  if (perMinute > 0) tell('rate-limit-per-minute', 'limits')
  const expires = textOf(at(node, 'expires-at'))
  const expiry = expires === undefined ? undefined : isoOf(expires)
  if (expiry !== undefined) tell('expires-at', 'expires')
  for (const quota of ['daily-request-limit', 'daily-token-limit', 'quota-alert-threshold']) {
    const found = at(node, quota)
    if (found !== undefined) report.leftOut(found, 'make a budget for the key: POST /admin/api/budgets')
  }
  const services = servicesOf(at(node, 'permissions'))
  if (services !== undefined) tell('permissions', 'services')
  report.leftOut(node, 'keys of the config file have no such setting')
  return [
    {
      name,
      key,
      ...(flagOf(at(node, 'enabled')) === false ? { enabled: false } : {}),
      ...(perMinute > 0 ? { limits: [{ algorithm: 'token-bucket' as const, rate: `${Math.floor(perMinute)}/m` }] } : {}),
      ...(expiry === undefined ? {} : { expires: expiry }),
      ...(services === undefined ? {} : { services }),
    },
  ]
}

/** Old words such as `admin` stood for all services. */
function servicesOf(node: JavaNode | undefined): KeyInput['services'] {
  const words = (node?.items ?? []).map((item) => relaxed(textOf(item) ?? ''))
  const services = words.flatMap((word) => serviceOf(word) ?? [])
  return services.length === words.length && services.length > 0 ? [...new Set(services)] : undefined
}

/** `2027-01-31T00:00:00` has no offset in Java: it is taken for UTC. */
function isoOf(text: string): string | undefined {
  const time = Date.parse(/(?:z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
