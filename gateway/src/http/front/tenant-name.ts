import { keyIdOf } from '../../config/key-id.ts'
import { tenantOf } from '../../fallback/answer-key.ts'
import type { FrontRequest } from './front.ts'

/** Under which name a client's responses are kept. */
export function tenantNameOf(key: FrontRequest['key'], address: string): string {
  return tenantOf(key === undefined ? undefined : keyIdOf(key), address)
    .parts()
    .join(':')
}
