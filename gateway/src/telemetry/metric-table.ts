const DURATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800]
const OVERHEAD_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25]

/** Every metric of the gateway; what is not here does not exist. Label values come from the config or from fixed tables, never from a client. */
export const METRICS = {
  requests: {
    kind: 'counter',
    name: 'jairouter_requests_total',
    help: 'Requests to the model APIs by outcome',
    labels: ['endpoint', 'model', 'status', 'code'],
  },
  duration: {
    kind: 'histogram',
    name: 'jairouter_request_duration_seconds',
    help: 'From the request until the last byte of its answer',
    labels: ['endpoint', 'model'],
    buckets: DURATION_BUCKETS,
  },
  firstToken: {
    kind: 'histogram',
    name: 'jairouter_time_to_first_token_seconds',
    help: 'From a streamed request until the first byte of its answer',
    labels: ['endpoint', 'model'],
    buckets: DURATION_BUCKETS,
  },
  overhead: {
    kind: 'histogram',
    name: 'jairouter_overhead_seconds',
    help: "The gateway's own time until the first byte of the answer",
    labels: ['endpoint'],
    buckets: OVERHEAD_BUCKETS,
  },
  attempts: {
    kind: 'counter',
    name: 'jairouter_upstream_attempts_total',
    help: 'Calls to backends by outcome',
    labels: ['backend', 'outcome'],
  },
  attemptDuration: {
    kind: 'histogram',
    name: 'jairouter_upstream_attempt_duration_seconds',
    help: 'From sending a call to a backend until its last byte',
    labels: ['backend'],
    buckets: DURATION_BUCKETS,
  },
  retries: {
    kind: 'counter',
    name: 'jairouter_retries_total',
    help: 'Calls to backends beyond the first of their request',
    labels: ['model'],
  },
  shadowRequests: {
    kind: 'counter',
    name: 'jairouter_shadow_requests_total',
    help: 'Copies of requests that went to the shadow group of an experiment; their answers were thrown away',
    labels: ['model', 'group', 'status'],
  },
  queueLength: {
    kind: 'gauge',
    name: 'jairouter_queue_length',
    help: 'Requests that wait for an instance with room',
    labels: ['service', 'model'],
  },
  queueWait: {
    kind: 'histogram',
    name: 'jairouter_queue_wait_seconds',
    help: 'How long requests waited for an instance with room, whether they got one or not',
    labels: ['model'],
    buckets: DURATION_BUCKETS,
  },
  pressure: {
    kind: 'gauge',
    name: 'jairouter_overload_pressure',
    help: 'How near the process is to its limits: 1 is at the limit; from 0.95 on requests are refused',
    labels: [],
  },
  hedges: {
    kind: 'counter',
    name: 'jairouter_hedges_total',
    help: 'Second calls made because the first was late, by whether they answered first',
    labels: ['model', 'result'],
  },
  fallbacks: {
    kind: 'counter',
    name: 'jairouter_fallbacks_total',
    help: 'Requests that a step of the fallback chain answered',
    labels: ['model', 'step'],
  },
  cacheRequests: {
    kind: 'counter',
    name: 'jairouter_cache_requests_total',
    help: 'Requests to models with a response cache, by what it did',
    labels: ['model', 'result'],
  },
  contentMatches: {
    kind: 'counter',
    name: 'jairouter_content_matches_total',
    help: 'Matches of content rules in requests and answers',
    labels: ['rule', 'action', 'where'],
  },
  tokens: {
    kind: 'counter',
    name: 'jairouter_tokens_total',
    help: 'Tokens that backends reported; estimated ones were counted by the gateway',
    labels: ['model', 'kind', 'estimated'],
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
  activeRequests: {
    kind: 'gauge',
    name: 'jairouter_requests_in_flight',
    help: 'Requests to the model APIs that are being answered',
    labels: [],
  },
  inFlight: { kind: 'gauge', name: 'jairouter_upstream_in_flight', help: 'Open calls to a backend', labels: ['backend'] },
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
    labels: ['instance'],
  },
  breakerTransitions: {
    kind: 'counter',
    name: 'jairouter_breaker_transitions_total',
    help: 'Changes of a circuit breaker, by what made them',
    labels: ['instance', 'to', 'reason'],
  },
  leftAlone: {
    kind: 'gauge',
    name: 'jairouter_instance_left_alone_seconds',
    help: 'How long an instance is not asked yet: open breaker, a pause that it asked for (429, Retry-After), a credential that it refused',
    labels: ['instance', 'why'],
  },
  spansSent: {
    kind: 'counter',
    name: 'jairouter_trace_spans_sent_total',
    help: 'Spans of traces that their receiver took',
    labels: [],
  },
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
  configValid: {
    kind: 'gauge',
    name: 'jairouter_config_last_reload_successful',
    help: '0 while the config file is invalid and an older config is in force',
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>

export interface MetricDefinition {
  readonly kind: 'counter' | 'histogram' | 'gauge'
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  readonly buckets?: readonly number[]
}
