import type { Backend } from '../config/snapshot.ts'

/** Shorter values would be found in innocent words, and many a server without keys is given `ollama` for one. */
const SHORTEST = 8

/** Takes the backend's key, and whatever its headers hold, out of a text that the backend has sent. */
export function createMask({ apiKey, headers }: Pick<Backend, 'apiKey' | 'headers'>): (text: string) => string {
  const values = Object.values(headers)
  // `Bearer KEY`, too, and not only as a whole.
  const secrets = [apiKey ?? '', ...values, ...values.flatMap((value) => value.split(/\s+/))]
    .filter((secret) => secret.length >= SHORTEST)
    // The longest first: one may be part of another.
    .sort((a, b) => b.length - a.length)
  return (text) => secrets.reduce((result, secret) => result.replaceAll(secret, '***'), text)
}
