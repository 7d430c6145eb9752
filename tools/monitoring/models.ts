import type { Dashboard } from './dashboard.ts'
import { faultShare, quantile, quantiles, rate } from './queries.ts'

const OF = 'model=~"$model"'

export const MODELS: Dashboard = {
  id: 'models',
  title: 'Models',
  variables: [{ name: 'model', metric: 'jairouter_requests_total', label: 'model' }],
  rows: [
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests',
          kind: 'timeseries',
          unit: 'reqps',
          queries: [{ expr: rate(`jairouter_requests_total{${OF}}`, 'model'), legend: '{{model}}' }],
        },
        { title: 'Failed', kind: 'timeseries', unit: 'percentunit', queries: [{ expr: faultShare('model', OF), legend: '{{model}}' }] },
        {
          title: 'Errors by code',
          kind: 'timeseries',
          unit: 'reqps',
          queries: [{ expr: rate(`jairouter_requests_total{code!="",${OF}}`, 'model, code'), legend: '{{model}} {{code}}' }],
        },
        {
          title: 'Instances chosen',
          kind: 'timeseries',
          unit: 'reqps',
          stacked: true,
          queries: [
            { expr: rate(`jairouter_balancer_choices_total{${OF}}`, 'model_instance, reason'), legend: '{{model_instance}} {{reason}}' },
          ],
        },
        {
          title: 'Retries',
          kind: 'timeseries',
          unit: 'reqps',
          queries: [{ expr: rate(`jairouter_retries_total{${OF}}`, 'model'), legend: '{{model}}' }],
        },
        {
          title: 'Response cache',
          kind: 'timeseries',
          unit: 'reqps',
          queries: [{ expr: rate(`jairouter_cache_requests_total{${OF}}`, 'model, result'), legend: '{{model}} {{result}}' }],
        },
      ],
    },
    {
      title: 'Time',
      panels: [
        { title: 'Duration', kind: 'timeseries', unit: 's', queries: quantiles('jairouter_request_duration_seconds', OF) },
        {
          title: 'Duration by model',
          kind: 'timeseries',
          unit: 's',
          queries: [quantile(0.95, 'jairouter_request_duration_seconds', { by: 'model', selector: OF })],
        },
        {
          title: 'Time to first token',
          kind: 'timeseries',
          unit: 's',
          queries: [quantile(0.95, 'jairouter_time_to_first_token_seconds', { by: 'model', selector: OF })],
        },
        {
          title: 'Time between tokens',
          kind: 'timeseries',
          unit: 's',
          help: 'Mean of each stream',
          queries: quantiles('jairouter_time_between_tokens_seconds', OF),
        },
        {
          title: 'Longest time between tokens',
          kind: 'timeseries',
          unit: 's',
          queries: [quantile(0.95, 'jairouter_longest_time_between_tokens_seconds', { by: 'model', selector: OF })],
        },
        {
          title: 'Wait in the queue',
          kind: 'timeseries',
          unit: 's',
          queries: [quantile(0.95, 'jairouter_queue_wait_seconds', { by: 'model', selector: OF })],
        },
        {
          title: 'Slow requests',
          kind: 'timeseries',
          unit: 'reqps',
          help: 'By what took longer than the policy `slow` allows',
          queries: [{ expr: rate(`jairouter_slow_requests_total{${OF}}`, 'model, kind'), legend: '{{model}} {{kind}}' }],
        },
      ],
    },
    {
      title: 'Tokens',
      panels: [
        {
          title: 'Tokens',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          queries: [{ expr: rate(`jairouter_tokens_total{${OF}}`, 'model, kind'), legend: '{{model}} {{kind}}' }],
        },
        {
          title: 'Answer tokens per second of a stream',
          kind: 'timeseries',
          unit: 'short',
          width: 12,
          help: 'Pieces of a stream: about a token each',
          queries: [
            {
              expr: `sum by (model) (rate(jairouter_time_between_tokens_seconds_count{${OF}}[$__rate_interval])) / sum by (model) (rate(jairouter_time_between_tokens_seconds_sum{${OF}}[$__rate_interval]))`,
              legend: '{{model}}',
            },
          ],
        },
      ],
    },
  ],
}
