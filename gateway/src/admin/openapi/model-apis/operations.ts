import { z } from 'zod'
import { json, type ModelOperation } from './model-operation.ts'

const shared = { method: 'GET', tag: 'Health and metrics', open: true, errors: 'none' } as const

const ready = z
  .looseObject({ status: z.enum(['ok', 'unavailable']), reason: z.string().optional(), backends: z.record(z.string(), z.string()) })
  .meta({ id: 'Readiness' })

const readiness = (path: string, summary: string): ModelOperation => ({
  ...shared,
  path,
  summary,
  answers: {
    200: { description: 'It serves', content: json(ready, { status: 'ok', backends: { 'gpu-1': 'healthy' } }) },
    503: {
      description: 'It does not, and why',
      content: json(ready, { status: 'unavailable', reason: 'no backend is healthy', backends: { 'gpu-1': 'unhealthy' } }),
    },
  },
})

const metrics = (path: string, summary: string): ModelOperation => ({
  ...shared,
  path,
  summary,
  answers: {
    200: {
      description: 'Prometheus’ text format',
      content: { 'text/plain': { schema: z.string(), example: '# TYPE jairouter_requests_total counter\n' } },
    },
  },
})

const page = (path: string, summary: string): ModelOperation => ({
  ...shared,
  path,
  tag: 'Documentation',
  summary,
  answers: { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } } },
})

/** Where `admin.port` is set, the metrics are there only. */
export const OPERATIONS_OPERATIONS: readonly ModelOperation[] = [
  {
    ...shared,
    path: '/',
    summary: 'Whether anything is here',
    description: 'Clients of Ollama ask for it.',
    answers: { 200: { description: 'A text', content: { 'text/plain': { schema: z.string(), example: 'JAiRouter is running' } } } },
  },
  {
    ...shared,
    path: '/health/live',
    summary: 'Whether the process lives',
    answers: { 200: { description: 'It does', content: json(z.object({ status: z.literal('ok') }), { status: 'ok' }) } },
  },
  readiness('/health/ready', 'Whether it serves'),
  readiness('/actuator/health', 'Whether it serves, at the address of Spring'),
  metrics('/metrics', 'Metrics'),
  metrics('/actuator/prometheus', 'Metrics, at the address of Spring'),
  {
    ...shared,
    path: '/openapi.json',
    tag: 'Documentation',
    summary: 'This document',
    answers: { 200: { description: 'OpenAPI 3.1', content: json(z.looseObject({ openapi: z.string() }), { openapi: '3.1.0' }) } },
  },
  page('/swagger-ui/index.html', 'This document, to read and to try out'),
  page('/admin/', 'Where things are'),
]
