import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ScriptedRequest } from '../support/scripted-server.ts'

/** As docs/monitoring.md tells receivers to check what they get: by the secret, and that it is no older than five minutes. */
export function isSigned({ headers, body }: Pick<ScriptedRequest, 'headers' | 'body'>, secret: string, now: number): boolean {
  const timestamp = String(headers['x-jairouter-timestamp'])
  const expected = `v1=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`
  const given = String(headers['x-jairouter-signature'])
  if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected))) return false
  return Math.abs(now / 1_000 - Number(timestamp)) <= 300
}
