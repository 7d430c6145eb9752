import type { Readable } from 'node:stream'
import type { Permission } from '@jairouter/contract/management/roles'
import type { ProblemCode, ProblemDetail } from '@jairouter/contract/management/problem'
import type { z } from 'zod'
import type { Actor } from '../auth/actor.ts'
import type { Origin } from '../auth/audit/audit-entry.ts'

type Schema = z.ZodType
type Output<Given> = Given extends Schema ? z.output<Given> : undefined

/** One request to the management API, after it was let in and read. */
export interface AdminRequest<Params = unknown, Query = unknown, Content = unknown> {
  readonly params: Params
  readonly query: Query
  readonly body: Content
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Undefined on routes that are open to everybody. */
  readonly actor: Actor | undefined
  /** For the audit. */
  readonly origin: Origin
  readonly requestId: string
  readonly address: string
  /** It came by TLS: to us, or to a trusted proxy that says so. */
  readonly secure?: boolean
  /** What `If-Match` names, without quotes; undefined where it is not given or `*`. */
  readonly ifMatch: string | undefined
  /** `?dryRun=true` */
  readonly dryRun: boolean
  /** Aborted when the client has left. */
  readonly signal: AbortSignal
}

export interface AdminAnswer {
  /** Default 200; 204 where there is no body. */
  readonly status?: number
  /** Sent as JSON; a stream or a text as it is, with the `content-type` of `headers`. */
  readonly body?: unknown
  readonly stream?: Readable
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Without quotes. */
  readonly etag?: string
}

export interface RouteExample {
  readonly request?: unknown
  readonly answer?: unknown
}

export interface RouteAnswer {
  readonly description: string
  readonly schema?: Schema
  /** Default `application/json`. */
  readonly type?: string
  /** The data of each event, where it is a stream of events to those who accept that. */
  readonly streamed?: Schema
}

/** One operation of the management API: what it is, who may do it, and how it is done. The OpenAPI is written from these. */
export interface AdminRoute<
  Params extends Schema | undefined = Schema | undefined,
  Query extends Schema | undefined = Schema | undefined,
  Content extends Schema | undefined = Schema | undefined,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/admin/api`; parameters as `:name`, and `*` for one that may hold slashes (`params['*']`), with nothing but fixed segments after it. */
  readonly path: string
  /** `public`: needs no account. */
  readonly permission: Permission | 'public'
  /** Group in the OpenAPI. */
  readonly tag: string
  /** One line. */
  readonly summary: string
  readonly description?: string
  readonly params?: Params
  readonly query?: Query
  readonly body?: Content
  /** Media type of a body that is no JSON; it is handed over as text. */
  readonly bodyType?: string
  /** Status -> what is answered. Problems need not be named. */
  readonly answers: Readonly<Record<number, RouteAnswer>>
  readonly example?: RouteExample
  /** What a body looks like, where `body` takes more than should be told of. */
  readonly documented?: { readonly body?: Schema }
  /** Heeds `dryRun`: where it is not so, `?dryRun=` is refused, so that nobody changes something while trying out. */
  readonly canDryRun?: boolean
  readonly handle: (request: AdminRequest<Output<Params>, Output<Query>, Output<Content>>) => AdminAnswer | Promise<AdminAnswer>
}

/** Infers what the handler is given from the schemas. */
export function defineRoute<
  const Params extends Schema | undefined = undefined,
  const Query extends Schema | undefined = undefined,
  const Content extends Schema | undefined = undefined,
>(route: AdminRoute<Params, Query, Content>): AnyRoute {
  // What a route is given has been read by its own schemas.
  return route as unknown as AnyRoute
}

/** A route beside others; whoever calls its handler has read the request by its schemas. */
export type AnyRoute = AdminRoute & { readonly handle: (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer> }

/** A refusal by the management API; its texts may be shown. */
export class AdminProblem extends Error {
  readonly code: ProblemCode
  readonly details: readonly ProblemDetail[] | undefined
  readonly params: Readonly<Record<string, unknown>> | undefined
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(
    code: ProblemCode,
    message: string,
    options: {
      readonly details?: readonly ProblemDetail[]
      readonly params?: Readonly<Record<string, unknown>>
      readonly headers?: Readonly<Record<string, string>>
      readonly cause?: unknown
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AdminProblem'
    this.code = code
    this.details = options.details
    this.params = options.params
    this.headers = options.headers
  }
}
