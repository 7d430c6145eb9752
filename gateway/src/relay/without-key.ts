import type { Backend } from '../config/snapshot.ts'

/** Shorter keys are placeholders such as `none`, and would be found in innocent words. */
const SHORTEST = 8

/** An error as the backend sent it, without the key that it was asked with: some quote it, and errors go to clients and into the log. */
export function withoutKey(bytes: Buffer, { apiKey }: Pick<Backend, 'apiKey'>): Buffer {
  if (apiKey === undefined || apiKey.length < SHORTEST || !bytes.includes(apiKey)) return bytes
  return Buffer.from(bytes.toString('utf8').replaceAll(apiKey, '[key]'))
}
