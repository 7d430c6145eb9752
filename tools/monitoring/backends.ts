import type { Dashboard } from './dashboard.ts'
import { quantile, rate } from './queries.ts'

const OF = 'backend=~"$backend"'

export const BACKENDS: Dashboard = {
  id: 'backends',
  title: 'Backends',
  variables: [{ name: 'backend', metric: 'jairouter_backend_up', label: 'backend' }],
  rows: [
    {
      title: 'Health',
      panels: [
        {
          title: 'Up',
          kind: 'timeseries',
          unit: 'short',
          help: '1 may be used, 0.5 is loading, 0 is out',
          queries: [{ expr: `min by (backend) (jairouter_backend_up{${OF}})`, legend: '{{backend}}' }],
        },
        {
          title: 'Changes of health',
          kind: 'timeseries',
          unit: 'short',
          queries: [
            {
              expr: `sum by (backend, to) (increase(jairouter_backend_health_changes_total{${OF}}[$__rate_interval]))`,
              legend: '{{backend}} {{to}}',
            },
          ],
        },
        {
          title: 'Left alone',
          kind: 'timeseries',
          unit: 's',
          help: 'How long an instance is not asked yet, and why',
          queries: [
            {
              expr: 'max by (model_instance, why) (jairouter_instance_left_alone_seconds{model_instance=~"($backend)/.*"})',
              legend: '{{model_instance}} {{why}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Calls',
      panels: [
        {
          title: 'Calls by outcome',
          kind: 'timeseries',
          unit: 'reqps',
          stacked: true,
          queries: [{ expr: rate(`jairouter_upstream_attempts_total{${OF}}`, 'backend, outcome'), legend: '{{backend}} {{outcome}}' }],
        },
        {
          title: 'Failed calls',
          kind: 'timeseries',
          unit: 'percentunit',
          queries: [
            {
              expr: `1 - ${rate(`jairouter_upstream_attempts_total{outcome=~"ok|client_closed",${OF}}`, 'backend')} / ${rate(`jairouter_upstream_attempts_total{${OF}}`, 'backend')}`,
              legend: '{{backend}}',
            },
          ],
        },
        {
          title: 'In flight',
          kind: 'timeseries',
          unit: 'short',
          stacked: true,
          queries: [{ expr: `sum by (backend) (jairouter_upstream_in_flight{${OF}})`, legend: '{{backend}}' }],
        },
        {
          title: 'Time to first byte',
          kind: 'timeseries',
          unit: 's',
          queries: [
            quantile(0.5, 'jairouter_upstream_time_to_first_byte_seconds', { by: 'backend', selector: OF }),
            quantile(0.95, 'jairouter_upstream_time_to_first_byte_seconds', { by: 'backend', selector: OF }),
          ],
        },
        {
          title: 'Duration of calls',
          kind: 'timeseries',
          unit: 's',
          queries: [
            quantile(0.5, 'jairouter_upstream_attempt_duration_seconds', { by: 'backend', selector: OF }),
            quantile(0.95, 'jairouter_upstream_attempt_duration_seconds', { by: 'backend', selector: OF }),
          ],
        },
        {
          title: 'Connections',
          kind: 'timeseries',
          unit: 'short',
          queries: [{ expr: `sum by (backend, state) (jairouter_upstream_sockets{${OF}})`, legend: '{{backend}} {{state}}' }],
        },
        {
          title: 'Answers that nobody asked for',
          kind: 'timeseries',
          unit: 'short',
          queries: [
            { expr: `sum by (backend) (increase(jairouter_upstream_unasked_total{${OF}}[$__rate_interval]))`, legend: '{{backend}}' },
          ],
        },
      ],
    },
  ],
}
