import type { Dashboard } from './dashboard.ts'
import { quantile, rate } from './queries.ts'

const INSTANCE = '{{instance}}'

export const RUNTIME: Dashboard = {
  id: 'runtime',
  title: 'Runtime',
  variables: [],
  rows: [
    {
      title: 'Process',
      panels: [
        {
          title: 'CPU',
          kind: 'timeseries',
          unit: 'percentunit',
          queries: [{ expr: rate('jairouter_process_cpu_seconds_total', 'instance, mode'), legend: `${INSTANCE} {{mode}}` }],
        },
        {
          title: 'Memory',
          kind: 'timeseries',
          unit: 'bytes',
          queries: [
            { expr: 'jairouter_process_resident_memory_bytes', legend: `${INSTANCE} resident` },
            { expr: 'jairouter_nodejs_external_memory_bytes', legend: `${INSTANCE} external` },
          ],
        },
        {
          title: 'Heap',
          kind: 'timeseries',
          unit: 'bytes',
          queries: [
            { expr: 'jairouter_nodejs_heap_size_used_bytes', legend: `${INSTANCE} used` },
            { expr: 'jairouter_nodejs_heap_size_total_bytes', legend: `${INSTANCE} allocated` },
            { expr: 'jairouter_nodejs_heap_size_limit_bytes', legend: `${INSTANCE} limit` },
          ],
        },
        {
          title: 'Event loop lag',
          kind: 'timeseries',
          unit: 's',
          queries: [{ expr: 'jairouter_nodejs_eventloop_lag_seconds', legend: `${INSTANCE} {{at}}` }],
        },
        {
          title: 'Event loop busy',
          kind: 'timeseries',
          unit: 'percentunit',
          queries: [{ expr: 'jairouter_nodejs_eventloop_utilization_ratio', legend: INSTANCE }],
        },
        {
          title: 'Garbage collection',
          kind: 'timeseries',
          unit: 'percentunit',
          help: 'Share of the time',
          queries: [{ expr: rate('jairouter_nodejs_gc_duration_seconds_sum', 'instance, kind'), legend: `${INSTANCE} {{kind}}` }],
        },
        {
          title: 'Files',
          kind: 'timeseries',
          unit: 'short',
          queries: [
            { expr: 'jairouter_process_open_fds', legend: `${INSTANCE} open` },
            { expr: 'jairouter_process_max_fds', legend: `${INSTANCE} limit` },
          ],
        },
        {
          title: 'Connections of clients',
          kind: 'timeseries',
          unit: 'short',
          queries: [{ expr: 'jairouter_client_sockets', legend: INSTANCE }],
        },
        {
          title: 'Up for',
          kind: 'timeseries',
          unit: 's',
          queries: [{ expr: 'time() - jairouter_process_start_time_seconds', legend: INSTANCE }],
        },
      ],
    },
    {
      title: 'Own work',
      panels: [
        {
          title: 'Overhead by stage',
          kind: 'timeseries',
          unit: 's',
          width: 12,
          queries: [
            quantile(0.5, 'jairouter_stage_duration_seconds', { by: 'stage' }),
            quantile(0.99, 'jairouter_stage_duration_seconds', { by: 'stage' }),
          ],
        },
        {
          title: 'Overhead by endpoint',
          kind: 'timeseries',
          unit: 's',
          width: 12,
          queries: [quantile(0.99, 'jairouter_overhead_seconds', { by: 'endpoint' })],
        },
      ],
    },
    {
      title: 'Config and store',
      panels: [
        {
          title: 'Config',
          kind: 'timeseries',
          unit: 'short',
          queries: [
            { expr: 'jairouter_config_version', legend: `${INSTANCE} version` },
            { expr: 'jairouter_config_generation', legend: `${INSTANCE} generation` },
            { expr: 'jairouter_config_last_reload_successful', legend: `${INSTANCE} valid` },
          ],
        },
        {
          title: 'Reloads',
          kind: 'timeseries',
          unit: 'short',
          queries: [
            {
              expr: 'sum by (instance, result) (increase(jairouter_config_reloads_total[$__rate_interval]))',
              legend: `${INSTANCE} {{result}}`,
            },
          ],
        },
        {
          title: 'Store: duration',
          kind: 'timeseries',
          unit: 's',
          queries: [quantile(0.95, 'jairouter_store_operation_duration_seconds', { by: 'operation' })],
        },
        {
          title: 'Store: operations',
          kind: 'timeseries',
          unit: 'ops',
          width: 12,
          queries: [{ expr: rate('jairouter_store_operation_duration_seconds_count', 'operation'), legend: '{{operation}}' }],
        },
        {
          title: 'Store: errors',
          kind: 'timeseries',
          unit: 'ops',
          width: 12,
          queries: [{ expr: rate('jairouter_store_errors_total', 'operation, code'), legend: '{{operation}} {{code}}' }],
        },
        {
          title: 'Traces: spans that were sent, and that were not',
          kind: 'timeseries',
          unit: 'ops',
          width: 12,
          queries: [
            { expr: 'sum(rate(jairouter_trace_spans_sent_total[$__rate_interval]))', legend: 'sent' },
            { expr: 'sum(rate(jairouter_trace_spans_dropped_total[$__rate_interval])) or vector(0)', legend: 'dropped' },
          ],
        },
        {
          title: 'Requests that are not in the call history',
          kind: 'timeseries',
          unit: 'ops',
          width: 12,
          queries: [{ expr: 'sum(rate(jairouter_history_dropped_total[$__rate_interval]))', legend: 'dropped' }],
        },
      ],
    },
  ],
}
