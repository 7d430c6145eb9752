import { z } from 'zod'

/** Every refusal of the management API: code -> HTTP status and title. A console has a text for each code in each of its languages. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_query: { status: 400, title: 'The query is not valid' },
  not_signed_in: { status: 401, title: 'Sign in first' },
  sign_in_failed: { status: 401, title: 'Name or password is wrong' },
  session_ended: { status: 401, title: 'The session has ended' },
  permission_denied: { status: 403, title: 'Not allowed' },
  step_up_required: { status: 403, title: 'Say your password again first' },
  password_change_required: { status: 403, title: 'Change your password first' },
  key_not_accepted: { status: 403, title: 'API keys do not open the management API' },
  host_not_allowed: { status: 403, title: 'This host name is not allowed' },
  origin_not_allowed: { status: 403, title: 'This origin is not allowed' },
  blocked: { status: 403, title: 'Blocked' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  already_exists: { status: 409, title: 'There is one already' },
  in_use: { status: 409, title: 'Something else needs it' },
  conflict: { status: 409, title: 'It was changed in the meantime' },
  managed_by_file: { status: 409, title: 'The config is managed by its file' },
  hidden_by_overlay: { status: 409, title: 'The overlay of this environment hides the change' },
  read_only: { status: 409, title: 'This one comes from the config and is changed there' },
  current_version: { status: 409, title: 'The version in force cannot be deleted' },
  nothing_to_confirm: { status: 409, title: 'There is nothing to confirm' },
  setup_done: { status: 409, title: 'The gateway is set up already' },
  precondition_failed: { status: 412, title: 'It is not what If-Match says any more' },
  request_too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'This media type is not understood' },
  invalid_config: { status: 422, title: 'The config would not be valid' },
  address_not_allowed: { status: 422, title: 'This address is not allowed' },
  too_many_tries: { status: 429, title: 'Too many tries' },
  too_many_streams: { status: 429, title: 'Too many streams' },
  internal_error: { status: 500, title: 'The gateway failed to handle this request' },
  upstream_error: { status: 502, title: 'The other server failed' },
  store_unavailable: { status: 503, title: 'The store cannot be used at the moment' },
  store_full: { status: 507, title: 'The store has no room left' },
} as const satisfies Readonly<Record<string, { status: number; title: string }>>

export type ProblemCode = keyof typeof PROBLEMS

/** One thing that is wrong, and where: `pointer` is a JSON pointer (RFC 6901) into what was sent. */
export const problemDetailSchema = z.object({
  pointer: z.string(),
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  /** Where it stands in the YAML, from 1. */
  line: z.int().optional(),
  column: z.int().optional(),
})
export type ProblemDetail = z.output<typeof problemDetailSchema>

/** RFC 9457, `application/problem+json`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  /** The request's id. */
  instance: z.string(),
  params: z.record(z.string(), z.unknown()).optional(),
  errors: z.array(problemDetailSchema).optional(),
})
export type Problem = z.output<typeof problemSchema>
