import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { BUILTIN_RULES } from '../alert/builtin-rules.ts'
import { compile } from './compile.ts'
import type { AlertSettings } from './snapshot.ts'

function compiled(alerts: ConfigInput['alerts'], more: ConfigInput = {}): AlertSettings | string[] {
  const result = compile(configSchema.parse({ ...more, alerts }), new Map(), { generation: 1 })
  return 'problems' in result ? result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`) : result.snapshot.alerts
}

function rulesOf(alerts: ConfigInput['alerts']) {
  const settings = compiled(alerts)
  if (Array.isArray(settings)) throw new Error(settings.join('\n'))
  return settings.rules
}

describe('alerts of a config', () => {
  it('are those that come with the gateway where it says nothing, told to the log alone', () => {
    const rules = rulesOf({})
    expect(rules.map(({ name }) => name)).toEqual(BUILTIN_RULES.map(({ name }) => name))
    for (const { builtin, receivers, repeatMs } of rules)
      expect({ builtin, receivers, repeatMs }).toEqual({ builtin: true, receivers: ['log'], repeatMs: 14_400_000 })
  })

  it('take the place of one of their name, or take it away', () => {
    const rules = rulesOf({
      receivers: [{ name: 'ops', url: 'http://192.0.2.1/' }],
      notify: ['ops', 'log'],
      rules: [
        { name: 'error-rate', kind: 'error-rate', above: 0.5 },
        { name: 'queue-long', kind: 'queue-length', enabled: false },
      ],
    })
    expect(rules.filter(({ name }) => name === 'error-rate')).toMatchObject([
      { above: 0.5, builtin: false, receivers: ['ops', 'log'], forMs: 0 },
    ])
    expect(rules.map(({ name }) => name)).not.toContain('queue-long')
    expect(rules).toHaveLength(BUILTIN_RULES.length - 1)
    // The rules of the gateway do not begin to call somebody.
    expect(rules.find(({ name }) => name === 'backend-down')?.receivers).toEqual(['log'])
  })

  it('are none where they are off', () => {
    expect(rulesOf({ enabled: false, rules: [{ name: 'a', kind: 'budget' }] })).toEqual([])
    expect(rulesOf({ builtin: false })).toEqual([])
  })

  it.each<[string, ConfigInput['alerts'], string]>([
    [
      'a name twice',
      {
        rules: [
          { name: 'a', kind: 'budget' },
          { name: 'a', kind: 'latency' },
        ],
      },
      'alerts.rules.0.name: is the name of another rule, too: "a"',
    ],
    [
      'what its kind does not go by',
      { rules: [{ name: 'a', kind: 'budget', percentile: 9 }] },
      'alerts.rules.0.percentile: is nothing that rules of the kind budget go by',
    ],
    [
      'a label that there is not',
      { rules: [{ name: 'a', kind: 'budget', only: { model: 'm' } }] },
      'alerts.rules.0.only.model: is no label of the kind budget, which has budget',
    ],
    [
      'a label of the kind',
      { rules: [{ name: 'a', kind: 'budget', labels: { budget: 'm' } }] },
      'alerts.rules.0.labels.budget: is a label that the kind budget sets itself',
    ],
    ['a share above 1', { rules: [{ name: 'a', kind: 'error-rate', above: 5 }] }, 'alerts.rules.0.above: expected a share below 1'],
    [
      'a receiver that is not there',
      { notify: ['ops'], receivers: [{ name: 'opz', url: 'http://a.test' }] },
      'alerts.notify.0: there is no receiver "ops"; did you mean "opz"?',
    ],
    [
      'the same of a rule',
      { rules: [{ name: 'a', kind: 'budget', receivers: ['x'] }] },
      'alerts.rules.0.receivers.0: there is no receiver "x"',
    ],
    [
      'a rule that is not there',
      { rules: [{ name: 'a', kind: 'budget', inhibitedBy: ['backend-dow'] }] },
      'alerts.rules.0.inhibitedBy.0: there is no rule "backend-dow"; did you mean "backend-down"?',
    ],
    [
      'a window that is too long',
      { rules: [{ name: 'a', kind: 'latency', window: '2h' }] },
      'alerts.rules.0.window: expected a duration from 1s to 1h',
    ],
    ['looks that are too many', { every: '10ms' }, 'alerts.every: expected a duration from 1s to 1h'],
    [
      'another receiver called log',
      { receivers: [{ name: 'log', url: 'http://a.test' }] },
      'alerts.receivers.0.name: "log" is the log, which is always there',
    ],
    [
      'a password in a URL',
      { receivers: [{ name: 'a', url: 'http://u:canary-1@a.test' }] },
      'alerts.receivers.0.url: holds a user name or password; give credentials under headers',
    ],
    [
      'metadata of a cloud',
      { receivers: [{ name: 'a', url: 'http://169.254.169.254/' }] },
      'alerts.receivers.0.url: is a link-local, multicast or cloud metadata address, to which no connection is ever made',
    ],
    [
      'a header that frames',
      { receivers: [{ name: 'a', url: 'http://a.test', headers: { 'Content-Length': '1' } }] },
      'alerts.receivers.0.headers.Content-Length: is set by the gateway itself',
    ],
  ])('refuse %s', (_, alerts, problem) => {
    const problems = compiled(alerts)
    expect(problems).toContain(problem)
    expect(JSON.stringify(problems)).not.toContain('canary')
  })

  it('refuse private addresses where the config rules them out', () => {
    expect(compiled({ receivers: [{ name: 'a', url: 'http://10.0.0.1/' }] }, { network: { privateAddresses: false } })).toEqual([
      'alerts.receivers.0.url: is a private address, which network.privateAddresses rules out',
    ])
  })
})
