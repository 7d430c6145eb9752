import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { whenOver } from './when-over.ts'

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })) }),
})
const targetsSchema = z.object({ data: z.object({ activeTargets: z.array(z.object({ health: z.string(), lastError: z.string() })) }) })
const exemplarsSchema = z.object({
  data: z.array(z.object({ exemplars: z.array(z.object({ labels: z.record(z.string(), z.string()) })) })),
})

export interface Found {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface TestPrometheus {
  /** What an expression gives now. */
  query(expression: string): Promise<readonly Found[]>
  /** What keeps it from reading the gateway; '' where nothing does. */
  scrapeError(): Promise<string>
  /** Ids of traces that stand beside a histogram. */
  traces(metric: string): Promise<readonly string[]>
}

/** A real Prometheus, the machine's own, on a free port of loopback; it reads a gateway ten times a second and evaluates the rules of that folder. */
export async function startPrometheus({ target, rules }: { readonly target: string; readonly rules: string }): Promise<TestPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'jairouter-prometheus-'))
  mkdirSync(join(folder, 'rules'))
  for (const file of readdirSync(rules)) copyFileSync(join(rules, file), join(folder, 'rules', file))
  writeFileSync(
    join(folder, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '500ms' },
      rule_files: ['rules/*.yml'],
      scrape_configs: [{ job_name: 'jairouter', scrape_timeout: '200ms', static_configs: [{ targets: [target] }] }],
    }),
  )
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      '--enable-feature=exemplar-storage',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  whenOver(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const url = await addressIn(child)
  const get = async (path: string, parameters: Record<string, string> = {}): Promise<unknown> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`)
    const body: unknown = await response.json()
    if (!response.ok) throw new Error(`${path} ${JSON.stringify(parameters)}: ${JSON.stringify(body)}`)
    return body
  }
  return {
    async query(expression) {
      const { data } = answerSchema.parse(await get('query', { query: expression }))
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1].replace('Inf', 'Infinity')) }))
    },
    async scrapeError() {
      const { data } = targetsSchema.parse(await get('targets'))
      const [first] = data.activeTargets
      return first === undefined ? 'no target yet' : first.health === 'up' ? '' : `${first.health} ${first.lastError}`
    },
    async traces(metric) {
      const now = Date.now() / 1_000
      const { data } = exemplarsSchema.parse(
        await get('query_exemplars', { query: metric, start: String(now - 3_600), end: String(now + 60) }),
      )
      return data.flatMap(({ exemplars }) => exemplars.flatMap(({ labels }) => labels['trace_id'] ?? []))
    },
  }
}

/** It says where it listens in its log. Rejects with that log when it ends before. */
function addressIn(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines: string[] = []
    child.once('error', (error) =>
      reject(new Error(`Prometheus does not start; is the Debian package "prometheus" there? ${error.message}`)),
    )
    child.once('exit', () => reject(new Error(`Prometheus has ended:\n${lines.join('\n')}`)))
    if (child.stderr === null) return reject(new Error('Prometheus has no log'))
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1]
      if (address !== undefined) resolve(`http://${address}`)
    })
  })
}
