import { withQuery } from '../adapters/encode.ts'
import { parseModelList, type DiscoveredModel } from '../adapters/model-list.ts'
import type { Backend } from '../config/snapshot.ts'
import { askOnce, MODEL_LIST_BYTES, questionHeaders } from './ask-once.ts'
import type { OpenUpstream } from './port.ts'
import { UpstreamFault } from './upstream-fault.ts'

export type ProbeOutcome =
  | { readonly kind: 'ok' | 'warming' }
  /** Nobody listens: out at once, no need to count. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly reason: string }

const PROBE_BODY_BYTES = 16 * 1024
/** A model list may take longer than a health answer: some servers ask their workers for it. */
const MODEL_LIST_LIMIT_MS = 10_000

/** One health probe: never a generation. Without a health path a connection that stands is taken for health. */
export async function probe(open: OpenUpstream, backend: Backend): Promise<ProbeOutcome> {
  const { health } = backend.adapter
  try {
    const answer = await askOnce(open, {
      backend,
      path: withQuery(backend.adapter, health?.path ?? '/'),
      headers: questionHeaders(backend, health?.authenticated ?? false),
      limitMs: backend.health.timeoutMs,
      limitBytes: PROBE_BODY_BYTES,
    })
    return health === undefined
      ? { kind: 'ok' }
      : judgeHealth(answer.status, { body: answer.body.toString('utf8'), authenticated: health.authenticated ?? false })
  } catch (error) {
    if (error instanceof UpstreamFault && error.kind === 'refused') return { kind: 'refused' }
    if (error instanceof UpstreamFault && error.kind === 'address_not_allowed') return { kind: 'failed', reason: error.kind }
    return { kind: 'failed', reason: error instanceof Error ? error.message : 'unknown' }
  }
}

/** What the answer of a health path means. `authenticated`: the key was sent with the question. */
export function judgeHealth(status: number, { body, authenticated }: { body: string; authenticated: boolean }): ProbeOutcome {
  if (status >= 200 && status < 300) return { kind: 'ok' }
  if (status === 401 || status === 403) return authenticated ? { kind: 'failed', reason: 'the credential was refused' } : { kind: 'ok' }
  // The server lives; an older version, or a proxy before it, has no such path.
  if (status === 404 || status === 405 || status === 429) return { kind: 'ok' }
  if (status === 503 && /load|start|warm|preload|initiali[sz]/i.test(body)) return { kind: 'warming' }
  return { kind: 'failed', reason: `status ${status}` }
}

/** The backend's models, or undefined when it can't be read now. */
export async function discover(open: OpenUpstream, backend: Backend): Promise<readonly DiscoveredModel[] | undefined> {
  for (const path of backend.adapter.models?.paths ?? []) {
    try {
      const answer = await askOnce(open, {
        backend,
        path: withQuery(backend.adapter, path),
        headers: questionHeaders(backend, true),
        limitMs: MODEL_LIST_LIMIT_MS,
        limitBytes: MODEL_LIST_BYTES,
      })
      if (answer.status !== 200) continue
      const models = parseModelList(backend.adapter, JSON.parse(answer.body.toString('utf8')))
      if (models !== undefined) return models
    } catch {
      // The next path may be the one that this version has.
    }
  }
  return undefined
}
