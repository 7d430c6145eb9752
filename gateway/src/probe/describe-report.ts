import type { Authentication } from './credential.ts'
import type { EndpointReport } from './endpoint-verdict.ts'
import type { ModelsReport, Report } from './report.ts'

/** More names than this are for `--json`. */
const SHOWN_NAMES = 5
const LABEL_WIDTH = 14

type Row = readonly [label: string, ...lines: string[]]

/** One block of text for people. */
export function describeReport(report: Report): string {
  const { id, type, url, reachable, version } = report
  const title = id === undefined ? url : `${id}  ${url}  (type: ${type ?? ''})`
  const rows: readonly Row[] = reachable.ok
    ? [
        ['reachable', `yes, in ${reachable.ms ?? 0} ms`],
        ...(report.health === undefined ? [] : [['health', describeHealth(report.health)] as const]),
        ['authenticated', describeAuthentication(report.authenticated)],
        ['models', ...describeModels(report.models)],
        ...describeEndpoints(report.endpoints),
        ...(version === undefined ? [] : [['version', version] as const]),
        ['looks like', describeGuess(report.guess)],
      ]
    : [['reachable', `no: ${reachable.reason ?? ''}`]]
  const warnings = report.warnings.map((warning) => ['warning', warning] as const)
  const result: Row = ['result', report.ok ? 'in order' : report.problems.join('; ')]
  return [title, ...[...rows, ...warnings, result].flatMap(format)].join('\n')
}

function format([label, ...lines]: Row): readonly string[] {
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)} ${line}`)
}

const HEALTH = { ok: 'well', warming: 'still starting', failed: 'not well' } as const

function describeHealth({ path, status, verdict }: NonNullable<Report['health']>): string {
  return `${HEALTH[verdict]} (${path}: ${status})`
}

function describeAuthentication({ verdict, status, keyGiven }: Authentication): string {
  switch (verdict) {
    case 'accepted':
      return 'yes, the key is accepted'
    case 'refused':
      return keyGiven ? `no, the key is refused (${status ?? ''})` : `no, it wants a key (${status ?? ''}), and none is given`
    case 'not-needed':
      return keyGiven ? 'not needed: it answers without the key as well' : 'not needed: it answers without a key'
    case 'unknown':
      return 'can’t tell: nothing that was asked shows it'
  }
}

function describeModels({ count, names = [], reason, missing, unnamed }: ModelsReport): readonly [string, ...string[]] {
  const first = count === undefined ? `can’t tell: ${reason ?? ''}` : count === 0 ? 'none' : `${count}: ${shortened(names)}`
  return [
    first,
    ...(missing.length === 0 ? [] : [`missing, though the config names them: ${missing.join(', ')}`]),
    ...(unnamed.length === 0 ? [] : [`not used, since the config does not name them: ${shortened(unnamed)}`]),
  ]
}

function shortened(names: readonly string[]): string {
  const more = names.length - SHOWN_NAMES
  return `${names.slice(0, SHOWN_NAMES).join(', ')}${more > 0 ? `, and ${more} more` : ''}`
}

function describeEndpoints(endpoints: readonly EndpointReport[]): readonly Row[] {
  const lines = [
    group('present', endpoints, 'present'),
    group('absent', endpoints, 'absent'),
    group('can’t tell', endpoints, 'unknown'),
  ].filter((line) => line !== '')
  return lines.length === 0 ? [] : [['endpoints', ...lines]]
}

/** `absent: rerank, speech (404)`; the status of those that are there tells nobody anything. */
function group(title: string, endpoints: readonly EndpointReport[], verdict: EndpointReport['verdict']): string {
  const byReason = Map.groupBy(
    endpoints.filter((endpoint) => endpoint.verdict === verdict),
    (endpoint) => (verdict === 'present' ? '' : reasonOf(endpoint)),
  )
  const parts = [...byReason].map(([reason, same]) => `${same.map(({ endpoint }) => endpoint).join(', ')}${reason}`)
  return parts.length === 0 ? '' : `${title}: ${parts.join('; ')}`
}

function reasonOf({ status, reason }: EndpointReport): string {
  const why = [status, reason].filter((part) => part !== undefined).join(', ')
  return why === '' ? '' : ` (${why})`
}

function describeGuess(guess: Report['guess']): string {
  if (guess === undefined) return 'nothing that is known'
  return `${guess.sure ? '' : 'perhaps '}${guess.server} (${guess.because.join(', ')})`
}
