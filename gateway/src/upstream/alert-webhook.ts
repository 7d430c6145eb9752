import { createHmac } from 'node:crypto'
import type { WebhookSettings } from '../config/snapshot.ts'
import type { BatchResult } from './batch-receiver.ts'
import type { ConnectPolicy } from './policed-connect.ts'
import { createReceiverPool, postOnce } from './post-once.ts'

export interface WebhookMessage {
  /** The same at each try: whoever gets it twice knows it by this. */
  readonly id: string
  readonly body: string
}

/** Sends JSON to one address. */
export interface AlertWebhook {
  readonly settings: WebhookSettings
  /** One try. Never rejects; aborted: `later`. `now`: epoch milliseconds, which are signed. */
  send(message: WebhookMessage, options: { readonly now: number; readonly signal: AbortSignal }): Promise<BatchResult>
  close(): void
}

export function createAlertWebhook(settings: WebhookSettings, policy: () => ConnectPolicy): AlertWebhook {
  const { origin, pathname, search } = new URL(settings.url)
  const pool = createReceiverPool(origin, policy)
  return {
    settings,
    async send({ id, body }, { now, signal }) {
      const posted = await postOnce(pool, {
        path: `${pathname}${search}`,
        headers: { ...settings.headers, 'content-type': 'application/json', ...signed(settings.secret, { id, body, now }) },
        body: Buffer.from(body),
        signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]),
      })
      if ('kind' in posted) return posted
      const { status, waitMs } = posted
      if (status >= 200 && status < 300) return { kind: 'taken', rejected: 0 }
      const why = `status ${status}`
      // What it says of the message itself stays so, however often it is sent. Redirects are followed nowhere.
      const isFinal = status < 500 && status !== 408 && status !== 425 && status !== 429
      return isFinal ? { kind: 'refused', why } : { kind: 'later', why, ...(waitMs === undefined ? {} : { waitMs }) }
    },
    close() {
      pool.destroy().catch(() => {})
    },
  }
}

/** HMAC-SHA-256 over time and body, so that nobody can send an old message again later. */
function signed(
  secret: string | undefined,
  { id, body, now }: WebhookMessage & { readonly now: number },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000))
  const headers = { 'x-jairouter-delivery': id, 'x-jairouter-timestamp': timestamp }
  if (secret === undefined) return headers
  return { ...headers, 'x-jairouter-signature': `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}` }
}
