/** Every failure that the gateway itself can answer with: code -> HTTP status and OpenAI's `type`. The code is also the metric's label. */
export const ERROR_TABLE = {
  invalid_request: { status: 400, type: 'invalid_request_error' },
  invalid_json: { status: 400, type: 'invalid_request_error' },
  missing_field: { status: 400, type: 'invalid_request_error' },
  invalid_field: { status: 400, type: 'invalid_request_error' },
  duplicate_field: { status: 400, type: 'invalid_request_error' },
  /** A content rule blocks the request, or the answer: the same request would meet the same rule again. */
  content_blocked: { status: 400, type: 'invalid_request_error' },
  ambiguous_request: { status: 400, type: 'invalid_request_error' },
  invalid_api_key: { status: 401, type: 'invalid_request_error' },
  model_not_allowed: { status: 403, type: 'permission_error' },
  /** The key may not be used from there, or for this service. */
  permission_denied: { status: 403, type: 'permission_error' },
  /** An address, a key or a user that is not to be served. */
  blocked: { status: 403, type: 'permission_error' },
  /** A page of somebody else's that reaches for a gateway without keys through the browser of who runs it. */
  origin_not_allowed: { status: 403, type: 'permission_error' },
  not_found: { status: 404, type: 'invalid_request_error' },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  method_not_allowed: { status: 405, type: 'invalid_request_error' },
  request_too_large: { status: 413, type: 'invalid_request_error' },
  uri_too_long: { status: 414, type: 'invalid_request_error' },
  upgrade_required: { status: 426, type: 'invalid_request_error' },
  unsupported_media_type: { status: 415, type: 'invalid_request_error' },
  /** nginx's status for it; nobody reads the answer, it stands in logs and metrics. */
  client_closed: { status: 499, type: 'client_error' },
  /** Who runs the gateway has ended the request; its client is still there to be told. */
  aborted_by_operator: { status: 499, type: 'client_error' },
  rate_limit_exceeded: { status: 429, type: 'rate_limit_error' },
  /** A budget does not have enough left for the request. */
  insufficient_quota: { status: 429, type: 'insufficient_quota' },
  queue_full: { status: 429, type: 'rate_limit_error' },
  internal_error: { status: 500, type: 'server_error' },
  upstream_error: { status: 502, type: 'upstream_error' },
  upstream_protocol_error: { status: 502, type: 'upstream_error' },
  /** A stream that broke after its first byte; the status line had gone out as 200. */
  stream_interrupted: { status: 502, type: 'upstream_error' },
  /** The request has passed this or other gateways too often: a backend's address leads back here. */
  loop_detected: { status: 508, type: 'invalid_request_error' },
  no_healthy_instance: { status: 503, type: 'service_unavailable_error' },
  circuit_open: { status: 503, type: 'service_unavailable_error' },
  overloaded: { status: 503, type: 'service_unavailable_error' },
  server_shutdown: { status: 503, type: 'service_unavailable_error' },
  upstream_timeout: { status: 504, type: 'upstream_error' },
} as const satisfies Readonly<Record<string, { status: number; type: string }>>

export type ErrorCode = keyof typeof ERROR_TABLE

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code)
}
