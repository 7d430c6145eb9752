import { STAGE_BUCKETS, type MetricDefinition } from './metric-definition.ts'

/** How the gateway stands, and what happens beside requests. */
export const STATE_METRICS = {
  activeRequests: {
    kind: 'gauge',
    name: 'jairouter_requests_in_flight',
    help: 'Requests to the model APIs that are being answered',
    labels: [],
  },
  queueLength: {
    kind: 'gauge',
    name: 'jairouter_queue_length',
    help: 'Requests that wait for an instance with room',
    labels: ['service', 'model'],
  },
  pressure: {
    kind: 'gauge',
    name: 'jairouter_overload_pressure',
    help: 'How near the process is to its limits: 1 is at the limit; from 0.95 on requests are refused',
    labels: [],
  },
  limitDecisions: {
    kind: 'counter',
    name: 'jairouter_limit_decisions_total',
    help: 'What limits said to requests: a request that one of them rejects is counted for that one, others for each that applies',
    labels: ['scope', 'algorithm', 'count', 'result'],
  },
  limitRemaining: {
    kind: 'gauge',
    name: 'jairouter_limit_remaining_ratio',
    help: 'What is left of a limit, as a share, of the key, model or address that has used most of it',
    labels: ['place', 'scope', 'algorithm', 'count'],
  },
  budgetUsed: {
    kind: 'gauge',
    name: 'jairouter_budget_used_ratio',
    help: 'Spent of a budget in the day or month that it is, as a share; above 1 where requests cost more than was thought',
    labels: ['budget'],
  },
  budgetRefusals: {
    kind: 'counter',
    name: 'jairouter_budget_refusals_total',
    help: 'Requests that a budget did not have enough left for',
    labels: ['budget'],
  },
  inFlight: { kind: 'gauge', name: 'jairouter_upstream_in_flight', help: 'Open calls to a backend', labels: ['backend'] },
  upstreamSockets: {
    kind: 'gauge',
    name: 'jairouter_upstream_sockets',
    help: 'Connections to a backend’s address: in use or free',
    labels: ['backend', 'state'],
  },
  clientSockets: { kind: 'gauge', name: 'jairouter_client_sockets', help: 'Open connections of clients to the model APIs', labels: [] },
  backendUp: {
    kind: 'gauge',
    name: 'jairouter_backend_up',
    help: '1 while the backend may be used, 0.5 while it is loading, 0 while it is out',
    labels: ['backend'],
  },
  healthChanges: {
    kind: 'counter',
    name: 'jairouter_backend_health_changes_total',
    help: 'Changes of a backend’s health',
    labels: ['backend', 'to'],
  },
  breakerState: {
    kind: 'gauge',
    name: 'jairouter_breaker_state',
    help: 'Circuit breaker of an instance: 0 closed, 1 half-open, 2 open',
    labels: ['model_instance'],
  },
  breakerTransitions: {
    kind: 'counter',
    name: 'jairouter_breaker_transitions_total',
    help: 'Changes of a circuit breaker, by what made them',
    labels: ['model_instance', 'to', 'reason'],
  },
  leftAlone: {
    kind: 'gauge',
    name: 'jairouter_instance_left_alone_seconds',
    help: 'How long an instance is not asked yet: open breaker, a pause that it asked for (429, Retry-After), a credential that it refused',
    labels: ['model_instance', 'why'],
  },
  spansSent: { kind: 'counter', name: 'jairouter_trace_spans_sent_total', help: 'Spans of traces that their receiver took', labels: [] },
  spansDropped: {
    kind: 'counter',
    name: 'jairouter_trace_spans_dropped_total',
    help: 'Spans of traces that were kept and did not reach their receiver, by why',
    labels: ['reason'],
  },
  configReloads: { kind: 'counter', name: 'jairouter_config_reloads_total', help: 'Attempts to load a changed config', labels: ['result'] },
  configGeneration: {
    kind: 'gauge',
    name: 'jairouter_config_generation',
    help: 'Counts up with every config that came into force',
    labels: [],
  },
  configVersion: {
    kind: 'gauge',
    name: 'jairouter_config_version',
    help: 'Number of the stored config version that is in force',
    labels: [],
  },
  configValid: {
    kind: 'gauge',
    name: 'jairouter_config_last_reload_successful',
    help: '0 while the config file is invalid and an older config is in force',
    labels: [],
  },
  storeDuration: {
    kind: 'histogram',
    name: 'jairouter_store_operation_duration_seconds',
    help: 'How long operations of the store took, whether they went well or not',
    labels: ['operation'],
    buckets: STAGE_BUCKETS,
  },
  storeErrors: {
    kind: 'counter',
    name: 'jairouter_store_errors_total',
    help: 'Operations of the store that failed',
    labels: ['operation', 'code'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>
