import { matchesAny } from '../lib/wildcard.ts'
import type { KeyRecord } from './snapshot.ts'

/** By the model's public name, or the alias that was asked for. */
export function mayUse(key: Pick<KeyRecord, 'models'>, model: string): boolean {
  return matchesAny(key.models, model)
}
