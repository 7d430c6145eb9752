import type { AlertRuleInput } from '@jairouter/contract/alerts'

/** What holds where the config says nothing: for a first day, as the rules of deploy/monitoring. They tell the log alone. */
export const BUILTIN_RULES: readonly AlertRuleInput[] = [
  { name: 'error-rate', kind: 'error-rate', above: 0.05, for: '5m', severity: 'critical' },
  { name: 'slow-first-token', kind: 'latency', of: 'first-token', longerThan: '10s', for: '10m' },
  { name: 'queue-slow', kind: 'latency', of: 'queue', longerThan: '10s', for: '5m' },
  { name: 'queue-long', kind: 'queue-length', above: 100, for: '5m' },
  { name: 'backend-down', kind: 'backend-down', for: '2m', severity: 'critical' },
  { name: 'breaker-open', kind: 'breaker-open', for: '2m', inhibitedBy: ['backend-down'] },
  { name: 'limits-reject', kind: 'rejections', above: 60, for: '10m', severity: 'info' },
  { name: 'budget-nearly-spent', kind: 'budget', above: 0.9 },
  { name: 'new-failure', kind: 'new-failure', severity: 'info', inhibitedBy: ['backend-down', 'breaker-open', 'error-rate'] },
]
