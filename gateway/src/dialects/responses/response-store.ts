import type { JsonObject } from '../../lib/json.ts'
import type { StoredResponse } from './stored.ts'

/** A response that its client may ask for again, or go on from. Plain data. */
export interface KeptResponse {
  /** The response object as it was answered. */
  readonly response: JsonObject
  readonly items: StoredResponse
}

/** Where responses are kept, for a time. `tenant`: nobody sees another one's. */
export interface ResponseStore {
  /** Undefined when there is none, or its time is over. */
  get(tenant: string, id: string): Promise<KeptResponse | undefined>
  put(tenant: string, id: string, kept: KeptResponse): Promise<void>
  /** False when there was none. */
  delete(tenant: string, id: string): Promise<boolean>
}
