import type { Dashboard } from './dashboard.ts'
import { increase, rate } from './queries.ts'

export const USAGE: Dashboard = {
  id: 'usage',
  title: 'Usage and cost',
  variables: [],
  rows: [
    {
      title: 'In the time that is shown',
      panels: [
        {
          title: 'Requests',
          kind: 'stat',
          unit: 'short',
          width: 6,
          queries: [{ expr: 'sum(increase(jairouter_requests_total[$__range]))', legend: '' }],
        },
        {
          title: 'Tokens',
          kind: 'stat',
          unit: 'short',
          width: 6,
          queries: [{ expr: 'sum(increase(jairouter_tokens_total{kind=~"prompt|completion"}[$__range]))', legend: '' }],
        },
        {
          title: 'Of the prompts’ tokens from a cache',
          kind: 'stat',
          unit: 'percentunit',
          width: 6,
          queries: [
            {
              expr: 'sum(increase(jairouter_tokens_total{kind="cached"}[$__range])) / sum(increase(jairouter_tokens_total{kind="prompt"}[$__range]))',
              legend: '',
            },
          ],
        },
        {
          title: 'Cost',
          kind: 'stat',
          unit: 'short',
          width: 6,
          queries: [{ expr: increase('jairouter_cost_total', 'currency'), legend: '{{currency}}' }],
        },
      ],
    },
    {
      title: 'By model',
      panels: [
        {
          title: 'Tokens',
          kind: 'table',
          unit: 'short',
          width: 12,
          queries: [{ expr: increase('jairouter_tokens_total', 'model, kind, estimated'), legend: '' }],
        },
        {
          title: 'Cost',
          kind: 'table',
          unit: 'short',
          width: 12,
          queries: [{ expr: increase('jairouter_cost_total', 'model, currency'), legend: '' }],
        },
        {
          title: 'Tokens per second',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          stacked: true,
          queries: [{ expr: rate('jairouter_tokens_total{kind=~"prompt|completion"}', 'model, kind'), legend: '{{model}} {{kind}}' }],
        },
        {
          title: 'Cost per hour',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          queries: [{ expr: `${rate('jairouter_cost_total', 'model, currency')} * 3600`, legend: '{{model}} {{currency}}' }],
        },
      ],
    },
    {
      title: 'By key and user',
      panels: [
        {
          title: 'Requests',
          kind: 'table',
          unit: 'short',
          width: 12,
          queries: [{ expr: increase('jairouter_client_requests_total', 'client, result'), legend: '' }],
        },
        {
          title: 'Tokens',
          kind: 'table',
          unit: 'short',
          width: 12,
          queries: [{ expr: increase('jairouter_client_tokens_total', 'client, kind'), legend: '' }],
        },
        {
          title: 'Uploads',
          kind: 'timeseries',
          unit: 'Bps',
          width: 12,
          queries: [{ expr: rate('jairouter_upload_size_bytes_sum', 'endpoint'), legend: '{{endpoint}}' }],
        },
        {
          title: 'Budgets used',
          kind: 'timeseries',
          unit: 'percentunit',
          width: 12,
          queries: [{ expr: 'max by (budget) (jairouter_budget_used_ratio)', legend: '{{budget}}' }],
        },
      ],
    },
  ],
}
