import { PROCESS_METRICS } from './metric-rows-process.ts'
import { REQUEST_METRICS } from './metric-rows-requests.ts'
import { STATE_METRICS } from './metric-rows-state.ts'

/** Every metric of the gateway; what is not here does not exist. Label values come from the config or from fixed tables, never from a client. */
export const METRICS = { ...REQUEST_METRICS, ...STATE_METRICS, ...PROCESS_METRICS } as const
