import { readUpstreamError } from '../errors/upstream-error-body.ts'
import type { WebSocket } from 'ws'
import { failureOf, failureOfStatus, protocolFailure, type Failure } from './failure.ts'
import { AttemptLimits } from './time-limits.ts'
import type { AttemptSpan } from '../telemetry/request-record.ts'
import { carryTrace } from './carry-trace.ts'
import { encodeSession, type SessionWishes } from './encode-session.ts'
import type { RelayPorts } from './ports.ts'
import type { RelayInput } from './relay.ts'
import type { Route } from '../config/snapshot.ts'
import type { InstanceState } from './route-states.ts'
import { withoutEcho } from './without-echo.ts'
import { withoutKey } from './without-key.ts'
import type { UpstreamDial } from '../upstream/port.ts'

export interface DialInput {
  readonly input: RelayInput
  readonly wishes: SessionWishes
  readonly route: Route
  readonly state: InstanceState
  readonly span: AttemptSpan | undefined
}

/** `socket` is paused; `status` is what the backend answered, where it did. */
export type DialResult =
  | { readonly kind: 'open'; readonly socket: WebSocket }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly status: number | undefined }

/** The handshake with one instance, within the limits for a connection and for a response. Never throws. */
export async function dialInstance({ input, wishes, route, state, span }: DialInput, ports: RelayPorts): Promise<DialResult> {
  const { call, client, snapshot } = input
  const { signal } = input.cancel
  const { backend } = state.instance
  let dial: UpstreamDial | undefined
  const abort = (reason: Error) => dial?.abort(reason)
  const onAbort = () => abort(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
  const limits = new AttemptLimits({ timeouts: route.policy.timeouts, now: ports.now, clock: ports.clock, abort, onStall: () => {} })
  try {
    const request = encodeSession({ call, wishes, instance: state.instance, headers: client.headers })
    if (request === undefined) return failed(protocolFailure('the adapter has no path for this endpoint'))
    if (span !== undefined) carryTrace(request.headers, span)
    dial = ports.dial({ ...request, maximumMessageBytes: snapshot.server.bodyLimit, onConnected: () => limits.connected(false) })
    limits.sent()
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const dialed = await dial.dialed
    if (dialed.kind === 'open') return dialed
    const { head } = dialed
    if (head.status >= 200 && head.status < 300)
      return failed(protocolFailure(`status ${head.status} in place of a WebSocket`), head.status)
    const said = readUpstreamError(head.status, withoutKey(dialed.body, backend))
    const { statusAs, codeAs } = backend.adapter
    const context = { statusAs, codeAs, now: ports.wallClock(), forLog: (text: string) => withoutEcho(text, call) }
    return failed(failureOfStatus(head, said, context), head.status)
  } catch (error) {
    return failed(failureOf(error))
  } finally {
    limits.stop()
    signal.removeEventListener('abort', onAbort)
  }
}

function failed(failure: Failure, status?: number): DialResult {
  return { kind: 'failed', failure, status }
}
