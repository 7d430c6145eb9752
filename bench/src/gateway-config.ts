import { MODEL } from './exchange-bodies.ts'

export interface GatewayConfigOptions {
  readonly port: number
  readonly upstreamPort: number
  readonly key: string
  /** Folder of its store. */
  readonly data: string
  readonly telemetry?: Telemetry | undefined
}

/** `traces`: where a tenth of them goes, beside all else. Left out: as it comes. */
export type Telemetry = 'none' | { readonly traces: string }

/** The gateway's config, as JSON, which is YAML: authentication, limits that nothing reaches, breakers, health probes, metrics and access log are on. */
export function gatewayConfig({ port, upstreamPort, key, data, telemetry }: GatewayConfigOptions): string {
  const config = {
    server: { host: '127.0.0.1', port, drain: { accept: '0s', grace: '1s' } },
    auth: { mode: 'required', keys: [{ name: 'bench', key }] },
    store: { path: data },
    defaults: { limits: [{ by: 'key', algorithm: 'token-bucket', rate: '1000000/s' }] },
    ...telemetryConfig(telemetry),
    backends: [{ id: 'mock', type: 'vllm', url: `http://127.0.0.1:${upstreamPort}`, models: [MODEL] }],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

function telemetryConfig(telemetry: Telemetry | undefined): object {
  if (telemetry === 'none') return { log: { level: 'error' }, history: { enabled: false }, explain: { keep: 0 } }
  const log = { level: 'info' }
  return telemetry === undefined ? { log } : { log, tracing: { enabled: true, ratio: 0.1, endpoint: telemetry.traces } }
}
