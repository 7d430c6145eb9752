/** deploy/monitoring without a gateway: its files are what their programs want, and every alert fires when it should. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { METRICS } from '../../src/telemetry/metric-table.ts'
import { DASHBOARDS } from '../../../tools/monitoring/dashboards.ts'
import { HAS_PROMETHEUS } from '../support/has-prometheus.ts'

const FOLDER = join(import.meta.dirname, '../../../deploy/monitoring')
const read = (file: string): unknown => parse(readFileSync(join(FOLDER, file), 'utf8'))

const rulesSchema = z.object({
  groups: z.array(
    z.object({ rules: z.array(z.object({ record: z.string().optional(), alert: z.string().optional(), expr: z.string() })) }),
  ),
})
const testsSchema = z.object({
  tests: z.array(z.object({ alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).min(1) })) })),
})
const composeSchema = z.object({
  services: z.record(z.string(), z.object({ volumes: z.array(z.string()).default([]), ports: z.array(z.string()).default([]) })),
})

function promtool(...args: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { cwd: join(FOLDER, 'prometheus'), encoding: 'utf8' })
  if (error !== undefined) throw new Error(`promtool does not run; is the Debian package "prometheus" there? ${error.message}`)
  return { status, output: stdout + stderr }
}

const RULES = ['recording.yml', 'alerts.yml'].flatMap((file) =>
  rulesSchema.parse(read(`prometheus/rules/${file}`)).groups.flatMap(({ rules }) => rules),
)

describe('the rules of Prometheus', () => {
  it.skipIf(!HAS_PROMETHEUS)('are tested by promtool, and its config is one', () => {
    expect(promtool('test', 'rules', 'rules.test.yml')).toEqual({ status: 0, output: expect.stringContaining('SUCCESS') })
    expect(promtool('check', 'config', 'prometheus.yml')).toEqual({ status: 0, output: expect.stringContaining('2 rule files found') })
  })

  it('have a case for each alert', () => {
    const alerts = RULES.flatMap(({ alert }) => alert ?? [])
    const { tests } = testsSchema.parse(read('prometheus/rules.test.yml'))
    const tested = tests.flatMap(({ alert_rule_test: cases }) => cases.map(({ alertname }) => alertname))
    expect(new Set(tested)).toEqual(new Set(alerts))
    expect(alerts.length).toBeGreaterThan(15)
  })
})

describe('queries', () => {
  const names = new Set<string>(Object.values(METRICS).map(({ name }) => name))
  const recorded = new Set(RULES.flatMap(({ record }) => record ?? []))
  const panels = DASHBOARDS.flatMap(({ rows }) => rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries)))

  it.each([...panels, ...RULES].map(({ expr }) => expr))('%s asks for metrics that there are', (expr) => {
    const asked = (expr.match(/(?:\w+:)?jairouter_\w+(?::\w+)?/g) ?? []).filter((name) => !recorded.has(name))
    const unknown = asked.filter((name) => !names.has(name) && !names.has(name.replace(/_(?:bucket|sum|count)$/, '')))
    expect(unknown).toEqual([])
  })

  it('show every metric somewhere', () => {
    const asked = [...panels, ...RULES].map(({ expr }) => expr).join('\n')
    expect([...names].filter((name) => !asked.includes(name))).toEqual([])
  })
})

describe('the files around', () => {
  const { services } = composeSchema.parse(read('compose.yaml'))

  it('are all YAML', () => {
    const files = globSync('**/*.{yml,yaml}', { cwd: FOLDER })
    expect(files.length).toBeGreaterThan(9)
    for (const file of files) expect(read(file), file).toBeTypeOf('object')
  })

  it('are there where compose mounts them', () => {
    const mounted = Object.values(services).flatMap(({ volumes }) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    const own = mounted.filter((path) => path.startsWith('./'))
    expect(own.length).toBeGreaterThan(6)
    expect(own.filter((path) => !existsSync(join(FOLDER, path)))).toEqual([])
  })

  it('open no port beyond this machine', () => {
    const ports = Object.values(services).flatMap(({ ports }) => ports)
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })
})
