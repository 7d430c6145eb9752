import { STAGE_BUCKETS, type MetricDefinition } from './metric-definition.ts'

/** The process and its runtime. */
export const PROCESS_METRICS = {
  cpu: { kind: 'counter', name: 'jairouter_process_cpu_seconds_total', help: 'CPU time by mode: user, system', labels: ['mode'] },
  startTime: {
    kind: 'gauge',
    name: 'jairouter_process_start_time_seconds',
    help: 'When the process started, in seconds since the epoch',
    labels: [],
  },
  resident: { kind: 'gauge', name: 'jairouter_process_resident_memory_bytes', help: 'Memory that the process holds', labels: [] },
  openFiles: { kind: 'gauge', name: 'jairouter_process_open_fds', help: 'Open file descriptors; on Linux alone', labels: [] },
  maximumFiles: { kind: 'gauge', name: 'jairouter_process_max_fds', help: 'How many there may be; on Linux alone', labels: [] },
  heapUsed: { kind: 'gauge', name: 'jairouter_nodejs_heap_size_used_bytes', help: 'Heap in use', labels: [] },
  heapTotal: { kind: 'gauge', name: 'jairouter_nodejs_heap_size_total_bytes', help: 'Heap that is allocated', labels: [] },
  heapLimit: { kind: 'gauge', name: 'jairouter_nodejs_heap_size_limit_bytes', help: 'Heap that there may be', labels: [] },
  external: { kind: 'gauge', name: 'jairouter_nodejs_external_memory_bytes', help: 'Buffers and other memory beside the heap', labels: [] },
  loopLag: {
    kind: 'gauge',
    name: 'jairouter_nodejs_eventloop_lag_seconds',
    help: 'How late the event loop was since the scrape before: p50, p99, maximum',
    labels: ['at'],
  },
  loopUtilization: {
    kind: 'gauge',
    name: 'jairouter_nodejs_eventloop_utilization_ratio',
    help: 'Share of the time since the scrape before in which the event loop was busy',
    labels: [],
  },
  collections: {
    kind: 'histogram',
    name: 'jairouter_nodejs_gc_duration_seconds',
    help: 'Garbage collections by kind',
    labels: ['kind'],
    buckets: STAGE_BUCKETS,
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>
