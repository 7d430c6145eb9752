import { rejectedIn, type BatchReceiver, type BatchResult, type ReceiverAddress } from './batch-receiver.ts'
import type { ConnectPolicy } from './policed-connect.ts'
import { createReceiverPool, postOnce, type Posted } from './post-once.ts'

/** To be tried again (OTLP 1.x, "OTLP/HTTP Response"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** OTLP over HTTP with protobuf bodies. Redirects are a refusal. */
export function createHttpReceiver({ url, headers }: ReceiverAddress, policy: () => ConnectPolicy): BatchReceiver {
  const { origin, pathname } = new URL(url)
  const pool = createReceiverPool(origin, policy)
  return {
    async send(batch, signal) {
      const posted = await postOnce(pool, {
        path: pathname,
        headers: { ...headers, 'content-type': 'application/x-protobuf' },
        body: batch,
        signal,
      })
      return 'kind' in posted ? posted : resultOf(posted)
    },
    close() {
      pool.destroy().catch(() => {})
    },
  }
}

function resultOf({ status, answer, waitMs }: Posted): BatchResult {
  if (status >= 200 && status < 300) return { kind: 'taken', rejected: rejectedIn(answer) }
  const why = `status ${status}`
  return RETRYABLE.has(status) ? { kind: 'later', why, ...(waitMs === undefined ? {} : { waitMs }) } : { kind: 'refused', why }
}
