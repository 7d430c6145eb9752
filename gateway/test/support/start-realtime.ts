import type { ConfigInput } from '@jairouter/contract/config'
import { startRealtimeBackend, type RealtimeBackend, type RealtimeBackendOptions } from './realtime-backend.ts'
import { endsIdle, type BackendInput } from './start-fleet.ts'
import { startGateway, type TestGateway } from './start-gateway.ts'

export interface RealtimePair extends TestGateway {
  readonly backend: RealtimeBackend
}

/** A backend with the model `m` that is not probed. */
export function realtimeEntry(id: string, url: string, more: Partial<BackendInput> = {}): BackendInput {
  return { id, type: 'openai-compatible', url, models: ['m'], health: { enabled: false }, ...more }
}

/** A gateway before one backend with sessions; in the end no lease may be open. */
export async function startRealtime(
  options: RealtimeBackendOptions = {},
  { backend: more = {}, ...config }: Omit<ConfigInput, 'backends'> & { readonly backend?: Partial<BackendInput> } = {},
): Promise<RealtimePair> {
  const backend = await startRealtimeBackend(options)
  const gateway = await startGateway({ ...config, backends: [realtimeEntry('one', backend.url, more)] })
  endsIdle(gateway)
  return { ...gateway, backend }
}
