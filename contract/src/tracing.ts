import { z } from 'zod'
import { modelName } from './identifiers.ts'
import { SERVICES } from './names.ts'

/** `console`: one line of OTLP's JSON for each batch, on the standard output. */
export const TRACE_EXPORTERS = ['otlp-http', 'otlp-grpc', 'console'] as const
export type TraceExporter = (typeof TRACE_EXPORTERS)[number]

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/, 'expected a header name')
/** Of the traces: 1 is all of them. */
const share = z.number().min(0).max(1)

/** Traces in OpenTelemetry's form: a span for each request, one for each call to a backend. */
export const tracingSchema = z
  .strictObject({
    enabled: z.boolean().default(false),
    exporter: z.enum(TRACE_EXPORTERS).default('otlp-http'),
    /** Of the receiver. Default: the usual port of each exporter on this machine. */
    endpoint: z.url({ protocol: /^https?$/ }).optional(),
    /** Sent with each batch; credentials of the receiver. */
    headers: z.record(headerName, z.string()).default({}),
    /** Share of the traces that begin here. */
    ratio: share.default(1),
    /** A trace that began elsewhere is kept if it is kept there. */
    parent: z.boolean().default(true),
    /** Kept whatever the shares say. */
    always: z.strictObject({ errors: z.boolean().default(true), slow: z.boolean().default(true) }).default({ errors: true, slow: true }),
    /** In place of `ratio`, for requests of that service. */
    services: z.partialRecord(z.enum(SERVICES), share).default({}),
    /** In place of both, for requests to that model. */
    models: z.record(modelName, share).default({}),
    serviceName: z.string().min(1).max(256).default('jairouter'),
  })
  .default({
    enabled: false,
    exporter: 'otlp-http',
    headers: {},
    ratio: 1,
    parent: true,
    always: { errors: true, slow: true },
    services: {},
    models: {},
    serviceName: 'jairouter',
  })
