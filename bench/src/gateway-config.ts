import { MODEL } from './exchange-bodies.ts'

export interface GatewayConfigOptions {
  readonly port: number
  readonly upstreamPort: number
  readonly key: string
  /** Folder of its store. */
  readonly data: string
}

/** The gateway's config, as JSON, which is YAML: authentication, limits that nothing reaches, breakers, health probes, metrics and access log are on. */
export function gatewayConfig({ port, upstreamPort, key, data }: GatewayConfigOptions): string {
  const config = {
    server: { host: '127.0.0.1', port, drain: { accept: '0s', grace: '1s' } },
    auth: { mode: 'required', keys: [{ name: 'bench', key }] },
    log: { level: 'info' },
    store: { path: data },
    defaults: { limits: [{ by: 'key', algorithm: 'token-bucket', rate: '1000000/s' }] },
    backends: [{ id: 'mock', type: 'vllm', url: `http://127.0.0.1:${upstreamPort}`, models: [MODEL] }],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
