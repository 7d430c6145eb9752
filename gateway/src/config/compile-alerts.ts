import { alertRuleSchema, LOG_RECEIVER, type AlertRuleConfig } from '@jairouter/contract/alerts'
import type { Config } from '@jairouter/contract/config'
import { BUILTIN_RULES } from '../alert/builtin-rules.ts'
import { KINDS, type AlertRule } from '../alert/rule.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { nearest } from '../lib/nearest.ts'
import { checkHeaders } from './compile-headers.ts'
import type { Report } from './compile-problem.ts'
import { addressRefusal } from './compile-url.ts'
import type { AlertSettings, WebhookSettings } from './snapshot.ts'

const WINDOW_MS = 300_000
/** Of what is kept of the past. */
const LONGEST_WINDOW_MS = 3_600_000
const SHORTEST_MS = 1_000
const LONGEST_MS = 2_145_600_000
const MINIMUM = 20
const PERCENTILE = 95

/** The rules that hold, and who can be told. */
export function compileAlerts(config: Config, report: Report): AlertSettings {
  const { alerts } = config
  const bound = (path: readonly (string | number)[], ms: number | undefined, [least, most]: readonly [number, number]) => {
    if (ms !== undefined && (ms < least || ms > most))
      report(['alerts', ...path], `expected a duration from ${shown(least)} to ${shown(most)}`)
  }
  bound(['every'], alerts.every, [SHORTEST_MS, LONGEST_WINDOW_MS])
  bound(['repeat'], alerts.repeat, [0, LONGEST_MS])
  const receivers = compileReceivers(config, report)
  const known = [LOG_RECEIVER, ...receivers.keys()]
  checkNames(alerts.notify, known, { path: ['alerts', 'notify'], what: 'receiver', report })

  const own = new Map(alerts.rules.map((rule) => [rule.name, rule]))
  const names = [...own.keys(), ...(alerts.builtin ? BUILTIN_RULES.map(({ name }) => name) : [])]
  for (const [index, rule] of alerts.rules.entries()) {
    const place = ['alerts', 'rules', index] as const
    if (own.get(rule.name) !== rule) report([...place, 'name'], `is the name of another rule, too: "${rule.name}"`)
    bound(['rules', index, 'window'], rule.window, [SHORTEST_MS, LONGEST_WINDOW_MS])
    bound(['rules', index, 'for'], rule.for, [0, LONGEST_MS])
    bound(['rules', index, 'repeat'], rule.repeat, [0, LONGEST_MS])
    bound(['rules', index, 'longerThan'], rule.longerThan, [1, LONGEST_MS])
    checkKind(rule, place, report)
    checkNames(rule.receivers ?? [], known, { path: [...place, 'receivers'], what: 'receiver', report })
    checkNames(rule.inhibitedBy, names, { path: [...place, 'inhibitedBy'], what: 'rule', report })
  }
  const builtin = alerts.builtin ? BUILTIN_RULES.filter(({ name }) => !own.has(name)).map((rule) => alertRuleSchema.parse(rule)) : []
  const all = [
    ...builtin.map((rule) => compileRule(rule, { receivers: [LOG_RECEIVER], repeat: alerts.repeat, builtin: true })),
    ...alerts.rules
      .filter(({ enabled }) => enabled)
      .map((rule) => compileRule(rule, { receivers: alerts.notify, repeat: alerts.repeat, builtin: false })),
  ]
  return Object.freeze({ everyMs: alerts.every, rules: deepFreeze(alerts.enabled ? all : []), receivers })
}

/** A rule as it would hold; where it leaves something open, as `defaults` says. */
export function compileRule(
  rule: AlertRuleConfig,
  defaults: { readonly receivers: readonly string[]; readonly repeat: number; readonly builtin: boolean },
): AlertRule {
  const kind = KINDS[rule.kind]
  return {
    name: rule.name,
    kind: rule.kind,
    builtin: defaults.builtin,
    description: rule.description ?? '',
    above: (rule.kind === 'latency' ? rule.longerThan : rule.above) ?? kind.above,
    of: rule.of ?? 'total',
    quantile: (rule.percentile ?? PERCENTILE) / 100,
    windowMs: rule.window ?? WINDOW_MS,
    minimum: rule.minimum ?? MINIMUM,
    only: { ...rule.only },
    forMs: rule.for,
    severity: rule.severity,
    labels: { ...rule.labels },
    receivers: [...new Set(rule.receivers ?? defaults.receivers)],
    repeatMs: rule.repeat ?? defaults.repeat,
    inhibitedBy: [...rule.inhibitedBy],
  }
}

/** Settings that its kind has no use for would be taken for some that hold. */
export function checkKind(rule: AlertRuleConfig, place: readonly (string | number)[], report: Report): void {
  const { takes, labels } = KINDS[rule.kind]
  for (const name of ['above', 'of', 'longerThan', 'percentile', 'window', 'minimum'] as const)
    if (rule[name] !== undefined && !takes.includes(name)) report([...place, name], `is nothing that rules of the kind ${rule.kind} go by`)
  for (const label of Object.keys(rule.only))
    if (!labels.includes(label)) report([...place, 'only', label], `is no label of the kind ${rule.kind}, which has ${labels.join(', ')}`)
  for (const label of Object.keys(rule.labels))
    if (labels.includes(label)) report([...place, 'labels', label], `is a label that the kind ${rule.kind} sets itself`)
  const isShare = rule.kind === 'error-rate'
  if (isShare && rule.above !== undefined && rule.above >= 1) report([...place, 'above'], 'expected a share below 1')
}

function compileReceivers({ alerts, network }: Config, report: Report): ReadonlyMap<string, WebhookSettings> {
  const receivers = new Map<string, WebhookSettings>()
  for (const [index, { name, url, secret, headers, timeout, attempts }] of alerts.receivers.entries()) {
    const place = ['alerts', 'receivers', index] as const
    if (name === LOG_RECEIVER) report([...place, 'name'], `"${LOG_RECEIVER}" is the log, which is always there`)
    if (receivers.has(name)) report([...place, 'name'], `is the name of another receiver, too: "${name}"`)
    if (timeout < 100 || timeout > 60_000) report([...place, 'timeout'], 'expected a duration from 100ms to 60s')
    checkHeaders(headers, [...place, 'headers'], report)
    const refusal = addressOf(url, network)
    if (refusal !== undefined) report([...place, 'url'], refusal)
    const small = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]))
    receivers.set(
      name,
      deepFreeze({ name, url, ...(secret === undefined ? {} : { secret }), headers: small, timeoutMs: timeout, attempts }),
    )
  }
  return receivers
}

/** The text never shows the URL: it may hold what is secret. */
function addressOf(text: string, network: Config['network']): string | undefined {
  if (!URL.canParse(text)) return 'expected a URL such as https://alerts.example/hook'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'holds a user name or password; give credentials under headers'
  if (url.hash !== '') return 'has a fragment (#...), which is never sent; leave it out'
  return addressRefusal(url, network)
}

function checkNames(
  given: readonly string[],
  known: readonly string[],
  { path, what, report }: { readonly path: readonly (string | number)[]; readonly what: string; readonly report: Report },
): void {
  for (const [index, name] of given.entries()) {
    if (known.includes(name)) continue
    const meant = nearest(name, known)
    report([...path, index], `there is no ${what} "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`)
  }
}

function shown(ms: number): string {
  return ms < 60_000 ? `${ms / 1_000}s` : `${ms / 3_600_000}h`
}
