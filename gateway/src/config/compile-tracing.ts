import type { Config } from '@jairouter/contract/config'
import type { TraceExporter } from '@jairouter/contract/tracing'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { addressRefusal } from './compile-url.ts'
import { checkHeaders } from './compile-headers.ts'
import type { Report } from './compile-problem.ts'
import type { TracingSettings } from './snapshot.ts'

/** As OpenTelemetry's receivers listen by default. */
const ENDPOINTS: Readonly<Record<TraceExporter, string>> = {
  'otlp-http': 'http://127.0.0.1:4318',
  'otlp-grpc': 'http://127.0.0.1:4317',
  console: '',
}
/** OTLP/HTTP 1.x: below a base URL. */
const HTTP_PATH = '/v1/traces'
const GRPC_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

/** Undefined while tracing is off; what is wrong is told all the same. */
export function compileTracing(config: Config, report: Report): TracingSettings | undefined {
  const { enabled, endpoint, models, ...settings } = config.tracing
  checkHeaders(settings.headers, ['tracing', 'headers'], report)
  if (endpoint !== undefined) {
    const message = settings.exporter === 'console' ? 'goes with an exporter that sends' : refusal(endpoint, config)
    if (message !== undefined) report(['tracing', 'endpoint'], message)
  }
  if (!enabled) return undefined
  const address = endpoint ?? ENDPOINTS[settings.exporter]
  const headers = Object.fromEntries(Object.entries(settings.headers).map(([name, value]) => [name.toLowerCase(), value]))
  return Object.freeze({
    ...deepFreeze(structuredClone({ ...settings, headers })),
    endpoint: address === '' || !URL.canParse(address) ? '' : targetOf(new URL(address), settings.exporter),
    models: new Map(Object.entries(models)),
  })
}

/** The text never shows the URL: it may hold a password. */
function refusal(endpoint: string, { network, tracing }: Config): string | undefined {
  const url = new URL(endpoint)
  if (url.username !== '' || url.password !== '') return 'holds a user name or password; give credentials under tracing.headers'
  if (url.search !== '' || url.hash !== '') return 'has a query or a fragment; give credentials under tracing.headers'
  if (tracing.exporter === 'otlp-grpc' && url.pathname !== '/') return 'has a path, which gRPC has no use for; leave it out'
  return addressRefusal(url, network)
}

function targetOf(url: URL, exporter: TraceExporter): string {
  if (exporter === 'otlp-grpc') return `${url.origin}${GRPC_PATH}`
  return url.pathname === '/' ? `${url.origin}${HTTP_PATH}` : url.href
}
