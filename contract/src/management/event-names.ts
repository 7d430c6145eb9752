/** Kind of an event -> what it tells. */
export const EVENT_KINDS = {
  health: 'A backend is well, warming up or unwell, from now on',
  breaker: 'The circuit breaker of an instance opened, tries, or closed',
  credential: 'A backend refuses the credential, or takes it again',
  overload: 'The gateway is under more or less strain',
  override: 'Somebody took an instance out, or back in',
  config: 'Another config is in force',
  limit: 'Requests were refused for want of room in a limit, a quota or a queue',
  budget: 'A budget was changed, or a share of it that is to be warned of is spent',
  key: 'A key was made, changed or removed',
  team: 'A team was made, changed or removed',
  block: 'A block was made, changed or removed',
  alert: 'An alert began, or is over',
  decision: 'Where a request went, of a sample',
  job: 'Something that takes its time has gone on',
  start: 'The gateway has started',
  other: 'Something else',
} as const satisfies Readonly<Record<string, string>>
export type EventKind = keyof typeof EVENT_KINDS

export const EVENT_SEVERITIES = ['info', 'warning', 'critical'] as const
export type EventSeverity = (typeof EVENT_SEVERITIES)[number]
