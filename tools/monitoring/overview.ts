import type { Dashboard } from './dashboard.ts'
import { faultShare, quantiles, rate } from './queries.ts'

export const OVERVIEW: Dashboard = {
  id: 'overview',
  title: 'Overview',
  variables: [],
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Requests',
          kind: 'stat',
          unit: 'reqps',
          width: 4,
          queries: [{ expr: 'sum(rate(jairouter_requests_total[$__rate_interval]))', legend: '' }],
        },
        {
          title: 'Failed',
          kind: 'stat',
          unit: 'percentunit',
          width: 4,
          help: '5xx, and streams that broke off',
          queries: [{ expr: faultShare('job'), legend: '' }],
        },
        { title: 'In flight', kind: 'stat', unit: 'short', width: 4, queries: [{ expr: 'sum(jairouter_requests_in_flight)', legend: '' }] },
        { title: 'Waiting', kind: 'stat', unit: 'short', width: 4, queries: [{ expr: 'sum(jairouter_queue_length)', legend: '' }] },
        {
          title: 'Backends out',
          kind: 'stat',
          unit: 'short',
          width: 4,
          queries: [{ expr: 'count(jairouter_backend_up) - sum(jairouter_backend_up)', legend: '' }],
        },
        {
          title: 'Pressure',
          kind: 'stat',
          unit: 'percentunit',
          width: 4,
          queries: [{ expr: 'max(jairouter_overload_pressure)', legend: '' }],
        },
        {
          title: 'Alerts of the gateway',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          help: 'By its own rules',
          queries: [{ expr: 'sum by (rule, severity, state) (jairouter_alerts)', legend: '{{rule}} {{severity}} {{state}}' }],
        },
        {
          title: 'Messages of alerts',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          queries: [{ expr: rate('jairouter_alert_notices_total', 'receiver, result'), legend: '{{receiver}} {{result}}' }],
        },
      ],
    },
    {
      title: 'Traffic',
      panels: [
        {
          title: 'Requests by status',
          kind: 'timeseries',
          unit: 'reqps',
          stacked: true,
          queries: [{ expr: rate('jairouter_requests_total', 'status'), legend: '{{status}}' }],
        },
        {
          title: 'Errors by code',
          kind: 'timeseries',
          unit: 'reqps',
          queries: [{ expr: rate('jairouter_requests_total{code!=""}', 'code'), legend: '{{code}}' }],
        },
        {
          title: 'Requests by service',
          kind: 'timeseries',
          unit: 'reqps',
          stacked: true,
          queries: [{ expr: rate('jairouter_requests_total', 'service'), legend: '{{service}}' }],
        },
        { title: 'Duration', kind: 'timeseries', unit: 's', queries: quantiles('jairouter_request_duration_seconds') },
        { title: 'Time to first token', kind: 'timeseries', unit: 's', queries: quantiles('jairouter_time_to_first_token_seconds') },
        { title: 'Own overhead', kind: 'timeseries', unit: 's', queries: quantiles('jairouter_overhead_seconds') },
      ],
    },
    {
      title: 'What was saved',
      panels: [
        {
          title: 'Retries by model',
          kind: 'timeseries',
          unit: 'reqps',
          width: 6,
          queries: [{ expr: rate('jairouter_retries_total', 'model'), legend: '{{model}}' }],
        },
        {
          title: 'Hedges by result',
          kind: 'timeseries',
          unit: 'reqps',
          width: 6,
          queries: [{ expr: rate('jairouter_hedges_total', 'result'), legend: '{{result}}' }],
        },
        {
          title: 'Fallbacks by step',
          kind: 'timeseries',
          unit: 'reqps',
          width: 6,
          queries: [{ expr: rate('jairouter_fallbacks_total', 'step'), legend: '{{step}}' }],
        },
        {
          title: 'Response cache',
          kind: 'timeseries',
          unit: 'reqps',
          width: 6,
          stacked: true,
          queries: [{ expr: rate('jairouter_cache_requests_total', 'result'), legend: '{{result}}' }],
        },
      ],
    },
  ],
}
