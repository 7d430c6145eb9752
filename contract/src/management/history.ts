import { z } from 'zod'
import { REQUEST_PHASES } from './active-requests.ts'
import { FACET_FIELDS, HISTORY_FLAGS } from './history-names.ts'
import { listAnswerSchema } from './list.ts'

const text = z.string()
const milliseconds = z.number().nullable()

export const historyRowSchema = z.object({
  /** Of the store: different for each row. */
  seq: z.int(),
  /** `x-request-id`; a client may have used one more than once. */
  id: text,
  /** When it came in. */
  time: z.iso.datetime(),
  /** Name of the API key; '' without one. All texts are '' where there is nothing to say. */
  key: text,
  keyId: text,
  user: text,
  team: text,
  client: text,
  dialect: text,
  endpoint: text,
  service: text,
  model: text,
  /** As the client wrote it. */
  asked: text,
  /** To the backend that was asked last. */
  sent: text,
  /** The public model that answered. */
  answeredBy: text,
  backend: text,
  status: z.int(),
  code: text,
  flags: z.array(z.enum(HISTORY_FLAGS)),
  /** Calls to backends. */
  attempts: z.int(),
  ms: z.number(),
  firstMs: milliseconds,
  overheadMs: milliseconds,
  pausedMs: z.number(),
  queuedMs: milliseconds,
  in: z.int(),
  /** Of `in`. */
  cached: z.int(),
  out: z.int(),
  /** Of `out`. */
  reasoning: z.int(),
  total: z.int(),
  images: z.int(),
  characters: z.int(),
  audioSeconds: z.number(),
  /** In billionths of `currency`; null where no price is known. */
  cost: z.int().nullable(),
  currency: text,
  cache: text,
  fallback: text,
  hedge: text,
  experiment: text,
  group: text,
  /** Generation of the config that it was answered by. */
  generation: z.int(),
  /** The cause behind what the client was told. */
  error: text,
})
export type HistoryRowAnswer = z.output<typeof historyRowSchema>

export const attemptRowSchema = z.object({
  /** From 1. */
  n: z.int(),
  why: text,
  backend: text,
  instance: text,
  sent: text,
  outcome: text,
  code: text,
  status: z.int(),
  /** From the request's beginning until the call went out. */
  startMs: z.number(),
  ms: z.number(),
  backOffMs: z.number(),
  connectedMs: milliseconds,
  headersMs: milliseconds,
  in: z.int(),
  out: z.int(),
  cost: z.int().nullable(),
  estimated: z.boolean(),
})

/** Of a request that is going on: what is known so far, and `status` 0. */
const tailRowSchema = historyRowSchema.omit({ seq: true }).extend({
  state: z.enum(['running', 'settled']),
  /** Null where it is over. */
  phase: z.enum(REQUEST_PHASES).nullable(),
})

/** Since the message before. */
export const tailMessageSchema = z.object({
  rows: z.array(tailRowSchema),
  shown: z.int(),
  /** `shown` + `dropped`. */
  matched: z.int(),
  dropped: z.int(),
})
export type TailMessage = z.output<typeof tailMessageSchema>

export const tailQuerySchema = z.strictObject({ q: z.string().max(2_000).default('') })

export const TAIL_EXAMPLE: TailMessage = {
  rows: [
    {
      state: 'settled',
      phase: null,
      id: '6f1e0e5c-55a3-4f2e-9d1c-0a3b8a9f6b1d',
      time: '2026-10-01T09:00:00.000Z',
      key: 'ci',
      keyId: 'k-7c1b',
      user: 'ada',
      team: 'blue',
      client: '10.1.2.3',
      dialect: 'openai',
      endpoint: 'chat',
      service: 'chat',
      model: 'smart',
      asked: 'smart',
      sent: 'Qwen/Qwen3-8B',
      answeredBy: 'smart',
      backend: 'gpu-1',
      status: 200,
      code: '',
      flags: ['stream'],
      attempts: 1,
      ms: 1_250.5,
      firstMs: 180.25,
      overheadMs: 0.6,
      pausedMs: 0,
      queuedMs: null,
      in: 340,
      cached: 0,
      out: 76,
      reasoning: 0,
      total: 416,
      images: 0,
      characters: 0,
      audioSeconds: 0,
      cost: 1_610_000,
      currency: 'USD',
      cache: '',
      fallback: '',
      hedge: '',
      experiment: '',
      group: '',
      generation: 42,
      error: '',
    },
  ],
  shown: 1,
  matched: 3,
  dropped: 2,
}

export const historyListSchema = listAnswerSchema(historyRowSchema)
const CONTENT_STATES = ['off', 'kept', 'redacted', 'denied', 'expired'] as const

const contentState = {
  /** `kept`: as it was said · `redacted`: with something masked · `denied`: it is there, and not for you. */
  state: z.enum(CONTENT_STATES),
  reason: text,
}

/** Messages in the form of OpenTelemetry's conventions for generative AI. */
const messageSchema = z.object({
  role: text,
  parts: z.array(z.looseObject({ type: text, content: text.optional() })),
  finish_reason: text.optional(),
})
export type CapturedMessage = z.output<typeof messageSchema>

export const historyItemSchema = z.object({
  request: historyRowSchema,
  attempts: z.array(attemptRowSchema),
  content: z.object(contentState),
})

export const historyContentSchema = z.object({
  ...contentState,
  /** null: that side was not to be kept. */
  input: z.array(messageSchema).nullable(),
  output: z.array(messageSchema).nullable(),
  /** Matches that were masked. */
  masked: z.int(),
  /** Something was cut off. */
  cut: z.boolean(),
  /** When it is forgotten. */
  expires: z.iso.datetime().nullable(),
})

const range = {
  /** Requests that came in from this time on. */
  from: z.iso.datetime({ offset: true }).optional(),
  /** Requests that came in before this time. */
  to: z.iso.datetime({ offset: true }).optional(),
  /** `model:gpt-4o status>=500 -key:ci "connection reset"`. */
  q: z.string().max(2_000).optional(),
}

export const historyQuerySchema = z.strictObject({
  ...range,
  limit: z.coerce.number().int().min(1).max(500).default(50),
  /** There is no other order: the newest first. */
  sort: z.enum(['-at']).optional(),
  cursor: z.string().max(200).optional(),
})

export const historyExportSchema = z.strictObject({
  ...range,
  format: z.enum(['csv', 'ndjson']).default('ndjson'),
  /** Rows at most. */
  limit: z.coerce.number().int().min(1).max(100_000_000).optional(),
})

export const facetQuerySchema = z.strictObject({
  ...range,
  /** With commas between them. */
  fields: z.string().max(200).default(FACET_FIELDS.join(',')),
})

export const facetAnswerSchema = z.object({
  /** Field -> its most frequent values, at most 20. */
  facets: z.record(z.string(), z.array(z.object({ value: z.string(), count: z.int() }))),
  /** Share of the rows that were looked at; counts are scaled up where it is not 1. */
  rate: z.number(),
  asOf: text,
})

export const histogramQuerySchema = z.strictObject({
  ...range,
  by: z.enum(['none', 'status']).default('status'),
  buckets: z.coerce.number().int().min(1).max(200).default(60),
})

export const seriesSchema = z.object({
  /** Beginnings, epoch seconds. */
  t: z.array(z.number()),
  lines: z.array(z.object({ key: text, unit: text, v: z.array(z.number().nullable()) })),
  /** The bucket that has not ended yet begins here. */
  openFrom: z.number().optional(),
  rate: z.number().optional(),
})
export type Series = z.output<typeof seriesSchema>
