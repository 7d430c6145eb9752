import { z } from 'zod'
import { BALANCERS, BANDS, ENDPOINTS, FALLBACK_CONDITIONS, LIMIT_COUNTS, LIMIT_SCOPES, SERVICES } from '../names.ts'
import { CONTENT_ACTIONS, CONTENT_SIDES } from '../content-rules.ts'
import { createBudgetSchema } from './budgets.ts'
import { listAnswerSchema, listQuerySchema } from './list.ts'
import { ATTEMPT_REASONS, CANDIDATE_REASONS, STEP_SKIPS, TRACE_REASONS } from './reasons.ts'

function codesOf<Code extends string>(table: Readonly<Record<Code, string>>) {
  return z.enum(Object.keys(table) as [Code, ...Code[]])
}

/** A request as its client would send it. Exactly one of `endpoint` and `path` says what it is for. */
export const explainRequestSchema = z.strictObject({
  endpoint: z.enum(ENDPOINTS).optional(),
  /** Of any dialect: `/v1/messages`, `/api/chat`. */
  path: z.string().max(512).optional(),
  headers: z.record(z.string(), z.string()).default({}),
  /** The body's fields; of an upload, its short ones. */
  body: z.record(z.string(), z.unknown()),
  /** Id or name of the API key; left out: none. */
  key: z.string().max(256).optional(),
  /** The client's. */
  address: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
})
export type ExplainRequest = z.output<typeof explainRequestSchema>

const refusalSchema = z.object({
  /** How far it would come. */
  stage: z.enum(['read', 'access', 'key', 'route', 'limits', 'budgets', 'content', 'instances']),
  status: z.int(),
  code: z.string(),
  message: z.string(),
  param: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
})

const limitSchema = z.object({
  scope: z.enum(LIMIT_SCOPES),
  count: z.enum(LIMIT_COUNTS),
  algorithm: z.string(),
  limit: z.number(),
  remaining: z.number(),
  resetMs: z.number(),
  /** What this request takes of it. */
  wouldTake: z.number(),
  verdict: z.enum(['pass', 'wait', 'deny']),
  /** Of `wait`: until its turn. */
  waitMs: z.number().optional(),
  /** Of `deny`; null: it can never pass. */
  retryAfterMs: z.number().nullable().optional(),
})

/** Amounts as budgets show them: requests, tokens, or money in its currency. */
const drawnBudgetSchema = z.object({
  id: z.string(),
  scope: createBudgetSchema.shape.scope,
  subject: z.string().optional(),
  unit: createBudgetSchema.shape.unit,
  currency: z.string().optional(),
  period: createBudgetSchema.shape.period,
  amount: z.number(),
  remaining: z.number(),
  /** What this request would reserve of it. */
  wouldTake: z.number(),
  /** ISO time at which the period ends. */
  resetsAt: z.string(),
  verdict: z.enum(['pass', 'deny']),
})
export type DrawnBudget = z.output<typeof drawnBudgetSchema>

/** A content rule that holds for the request; what it matches is not told. */
const heldRuleSchema = z.object({
  rule: z.string(),
  action: z.enum(CONTENT_ACTIONS),
  on: z.array(z.enum(CONTENT_SIDES)),
  /** In the request; null: it is for answers alone, or the request's texts are not known. */
  matches: z.int().nullable(),
})
export type HeldRule = z.output<typeof heldRuleSchema>

const assignmentSchema = z.object({
  id: z.string(),
  /** Where it is drawn: the likeliest, and the rest of the decision is that group's. */
  group: z.string(),
  /** `rule`: sent by one · `sticky`: it stays where it was drawn once · `drawn`: each request anew. */
  by: z.enum(['rule', 'sticky', 'drawn']),
  /** Of `rule`: its place in the list, from 0. */
  rule: z.int().nullable(),
  /** What keeps requests in their group, as the experiment says; null: nothing. */
  sticky: z.string().nullable(),
  chances: z.array(z.object({ group: z.string(), share: z.number() })),
  /** Where a copy goes, and how likely; null: there is none. */
  shadow: z.object({ group: z.string(), share: z.number() }).nullable(),
})
export type ExplainedAssignment = z.output<typeof assignmentSchema>

export const candidateSchema = z.object({
  instance: z.string(),
  backend: z.string(),
  upstreamModel: z.string(),
  state: z.object({
    health: z.enum(['unknown', 'healthy', 'warming', 'unhealthy']),
    breaker: z.enum(['closed', 'open', 'half-open']),
    /** Milliseconds that it is left alone for, by what leaves it alone. */
    leftAloneMs: z.record(z.string(), z.number()),
    inFlight: z.int(),
    /** How many more requests its backend takes; null: no bound. */
    room: z.int().nullable(),
  }),
  weight: z.number(),
  /** Lower while it starts slowly. */
  effectiveWeight: z.number(),
  priority: z.int(),
  /** Among those that the balancer chooses from. Higher or lower is better, as `better` says; null where none is computed. */
  score: z.number().nullable(),
  parts: z.record(z.string(), z.number()),
  /** How likely it is the first, where chance decides; else 1 or 0. */
  share: z.number(),
  verdict: z.enum(['chosen', 'eligible', 'lost']),
  reason: codesOf(CANDIDATE_REASONS),
  /** Its place among those asked if all before it fail, from 1; null: not at all. */
  order: z.int().nullable(),
})
export type ExplainedCandidate = z.output<typeof candidateSchema>

const stepSchema = z.object({
  kind: z.enum(['model', 'cache', 'response']),
  on: z.array(z.enum(FALLBACK_CONDITIONS)),
  model: z.string().optional(),
  /** Of `model`: whom it would ask first. */
  goesTo: z.string().nullable().optional(),
  skipped: codesOf(STEP_SKIPS).optional(),
})

/** What the request to one instance has otherwise than the client's. Names of fields, never what is in them. */
export const rewriteSchema = z.object({
  instance: z.string(),
  wire: z.string(),
  /** The client's own dialect goes through. */
  native: z.boolean(),
  added: z.array(z.string()),
  changed: z.array(z.string()),
  dropped: z.array(z.string()),
  renamed: z.array(z.object({ from: z.string(), to: z.string() })),
  /** Usage is asked for, which the client did not. */
  asksForUsage: z.boolean(),
  /** Fields that it is only asked for in words. */
  degraded: z.array(z.string()),
  /** Places of pictures that are fetched and sent as data. */
  pictures: z.array(z.string()),
  /** Calls that the request is split into. */
  parts: z.int(),
  /** Names of headers that the client did not send. */
  headersAdded: z.array(z.string()),
  headersWithheld: z.array(z.string()),
  /** Set where its wire format has no words for it: the field. */
  cannotSay: z.string().optional(),
})
export type ExplainedRewrite = z.output<typeof rewriteSchema>

const policySchema = z.object({
  balance: z.enum(BALANCERS),
  retry: z.object({ attempts: z.int(), budget: z.number(), maxWaitMs: z.number(), resume: z.boolean() }),
  timeouts: z.object({
    connect: z.number(),
    response: z.number(),
    firstToken: z.number(),
    idle: z.number(),
    total: z.number(),
  }),
  hedge: z.object({ afterMs: z.number().nullable(), quantile: z.number(), budget: z.number() }).nullable(),
})

export const explanationSchema = z.object({
  /** ISO time. */
  at: z.string(),
  /** Of the config in force. */
  generation: z.int(),
  endpoint: z.enum(ENDPOINTS).nullable(),
  service: z.enum(SERVICES).nullable(),
  /** The name that the request has. */
  asked: z.string().nullable(),
  /** The model's public name; null where none was found. */
  model: z.string().nullable(),
  /** `asked` is another name for it. */
  alias: z.boolean(),
  /** Models of nearly that name that the key may use. */
  near: z.array(z.string()),
  key: z.string().nullable(),
  address: z.string(),
  band: z.enum(BANDS).nullable(),
  /** `asks`: a model server · `waits`: in the queue, first · `cached`: answered from memory · `answered`: no model has to be asked. */
  outcome: z.enum(['asks', 'waits', 'cached', 'answered', 'refused']),
  /** The instance that would answer, if it does. */
  goesTo: z.string().nullable(),
  /** The step of the fallback chain by which it is answered, from 0. */
  step: z.int().nullable(),
  refusal: refusalSchema.nullable(),
  policy: policySchema.nullable(),
  limits: z.array(limitSchema),
  /** All that it would draw on together. */
  budgets: z.array(drawnBudgetSchema),
  content: z.array(heldRuleSchema),
  /** Null: the model's requests are all alike. */
  experiment: assignmentSchema.nullable(),
  /** Whether a high or a low score wins; null where none is computed. */
  better: z.enum(['higher', 'lower']).nullable(),
  candidates: z.array(candidateSchema),
  /** Instances in the order in which they would be asked if each one failed. */
  order: z.array(z.string()),
  queue: z.object({ possible: z.boolean(), wouldWait: z.boolean(), waiting: z.int(), size: z.int(), timeoutMs: z.number() }).nullable(),
  /** `reason`: why it is not looked at. */
  cache: z.object({ state: z.enum(['off', 'bypass', 'miss', 'hit']), reason: z.enum(['cache-control', 'upload']).optional() }),
  fallback: z.array(stepSchema),
  rewrites: z.array(rewriteSchema),
})
export type Explanation = z.output<typeof explanationSchema>

/** Times are microseconds from the request's begin; null: it did not come so far, or is not known. */
const offset = z.int().nullable()

const tracedCandidateSchema = z.object({
  instance: z.string(),
  /** Null: it could have been asked. */
  reason: codesOf(CANDIDATE_REASONS).nullable(),
  inFlight: z.int(),
})

export const traceSchema = z.object({
  id: z.string(),
  /** Of its trace in OpenTelemetry's sense, in hex; null where that was not kept. */
  traceId: z.string().nullable(),
  /** ISO time of its begin. */
  at: z.string(),
  why: z.array(codesOf(TRACE_REASONS)),
  generation: z.int(),
  endpoint: z.enum(ENDPOINTS),
  service: z.enum(SERVICES),
  model: z.string().nullable(),
  key: z.string().nullable(),
  client: z.string(),
  stream: z.boolean(),
  status: z.int(),
  code: z.string().nullable(),
  duration: z.int(),
  firstByte: offset,
  tokens: z.object({ prompt: z.int(), completion: z.int() }).nullable(),
  cache: z.string().nullable(),
  fallback: z.string().nullable(),
  hedge: z.string().nullable(),
  stages: z.array(z.object({ name: z.enum(['read', 'admit', 'queue', 'ask', 'answer']), from: z.int(), to: z.int() })),
  attempts: z.array(
    z.object({
      n: z.int(),
      why: codesOf(ATTEMPT_REASONS),
      instance: z.string(),
      backend: z.string(),
      upstreamModel: z.string(),
      from: z.int(),
      connected: offset,
      headers: offset,
      firstToken: offset,
      to: z.int(),
      outcome: z.string(),
      status: z.int().nullable(),
      code: z.string().nullable(),
      /** Microseconds waited before it. */
      backoff: z.int(),
      /** Nothing of the request had left. */
      unsent: z.boolean(),
      degraded: z.array(z.string()),
    }),
  ),
  /** As they stood when one was to be chosen. The first choice is not kept where nothing was to be expected then. */
  plans: z.array(z.object({ at: z.int(), model: z.string(), candidates: z.array(tracedCandidateSchema) })),
})
export type Trace = z.output<typeof traceSchema>

/** A trace in a list. */
export const traceRowSchema = traceSchema.omit({ stages: true, attempts: true, plans: true }).extend({
  attempts: z.int(),
  backend: z.string().nullable(),
})
export type TraceRow = z.output<typeof traceRowSchema>

export const traceQuerySchema = listQuerySchema.extend({
  why: codesOf(TRACE_REASONS).optional(),
  model: z.string().max(256).optional(),
  key: z.string().max(256).optional(),
  status: z.coerce.number().int().optional(),
})
export const traceListSchema = listAnswerSchema(traceRowSchema)

/** `now`: what would happen to it now, as far as what is kept of it tells · `then`: what was decided · a version of the config: what would happen with that. */
export const explainAgainSchema = z.strictObject({
  at: z.union([z.literal('now'), z.literal('then'), z.int().min(1)]).default('now'),
})

/** Of `then` the decision as it is kept, otherwise as it would be. */
export const explainedAgainSchema = z.union([explanationSchema, traceSchema])
