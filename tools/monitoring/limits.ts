import type { Dashboard } from './dashboard.ts'
import { quantiles, rate } from './queries.ts'

export const LIMITS: Dashboard = {
  id: 'limits',
  title: 'Limits and breakers',
  variables: [],
  rows: [
    {
      title: 'Limits',
      panels: [
        {
          title: 'Rejected',
          kind: 'timeseries',
          unit: 'reqps',
          queries: [
            {
              expr: rate('jairouter_limit_decisions_total{result="rejected"}', 'scope, algorithm, count'),
              legend: '{{scope}} {{algorithm}} {{count}}',
            },
          ],
        },
        {
          title: 'Allowed',
          kind: 'timeseries',
          unit: 'reqps',
          queries: [
            {
              expr: rate('jairouter_limit_decisions_total{result="allowed"}', 'scope, algorithm, count'),
              legend: '{{scope}} {{algorithm}} {{count}}',
            },
          ],
        },
        {
          title: 'Least that is left',
          kind: 'timeseries',
          unit: 'percentunit',
          help: 'Of the key, model or address that has used most',
          queries: [
            {
              expr: 'min by (place, scope, algorithm, count) (jairouter_limit_remaining_ratio)',
              legend: '{{place}} {{scope}} {{algorithm}}',
            },
          ],
        },
        {
          title: 'Budgets used',
          kind: 'timeseries',
          unit: 'percentunit',
          width: 12,
          queries: [{ expr: 'max by (budget) (jairouter_budget_used_ratio)', legend: '{{budget}}' }],
        },
        {
          title: 'Refused by budgets',
          kind: 'timeseries',
          unit: 'reqps',
          width: 12,
          queries: [{ expr: rate('jairouter_budget_refusals_total', 'budget'), legend: '{{budget}}' }],
        },
      ],
    },
    {
      title: 'Breakers',
      panels: [
        {
          title: 'State',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          help: '0 closed, 1 half-open, 2 open',
          queries: [{ expr: 'max by (model_instance) (jairouter_breaker_state)', legend: '{{model_instance}}' }],
        },
        {
          title: 'Changes',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          queries: [
            {
              expr: 'sum by (model_instance, to, reason) (increase(jairouter_breaker_transitions_total[$__rate_interval]))',
              legend: '{{model_instance}} {{to}} {{reason}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Queue and overload',
      panels: [
        {
          title: 'Waiting',
          kind: 'timeseries',
          unit: 'short',
          queries: [{ expr: 'sum by (service, model) (jairouter_queue_length)', legend: '{{service}} {{model}}' }],
        },
        { title: 'Wait', kind: 'timeseries', unit: 's', queries: quantiles('jairouter_queue_wait_seconds') },
        {
          title: 'Pressure',
          kind: 'timeseries',
          unit: 'percentunit',
          queries: [{ expr: 'max by (instance) (jairouter_overload_pressure)', legend: '{{instance}}' }],
        },
      ],
    },
    {
      title: 'Content and experiments',
      panels: [
        {
          title: 'Matches of content rules',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          queries: [{ expr: rate('jairouter_content_matches_total', 'rule, action, where'), legend: '{{rule}} {{action}} {{where}}' }],
        },
        {
          title: 'Shadow requests',
          kind: 'timeseries',
          unit: 'reqps',
          width: 12,
          queries: [{ expr: rate('jairouter_shadow_requests_total', 'model, group, status'), legend: '{{model}} {{group}} {{status}}' }],
        },
      ],
    },
  ],
}
