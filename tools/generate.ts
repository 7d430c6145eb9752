/** Writes the generated files; with --check writes nothing and fails where one is not what it would be. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createConfigJsonSchema } from './config-schema.ts'
import { renderMetricDocumentation } from './metric-documentation.ts'
import { renderDashboard } from './monitoring/dashboard.ts'
import { DASHBOARDS } from './monitoring/dashboards.ts'

export interface GeneratedFile {
  /** Relative to the repository. */
  readonly path: string
  readonly render: () => string
}

export const GENERATED: readonly GeneratedFile[] = [
  { path: 'docs/config.schema.json', render: () => `${JSON.stringify(createConfigJsonSchema(), null, 2)}\n` },
  { path: 'docs/metrics.md', render: renderMetricDocumentation },
  ...DASHBOARDS.map((dashboard) => ({
    path: `deploy/monitoring/grafana/dashboards/${dashboard.id}.json`,
    render: () => renderDashboard(dashboard),
  })),
]

/** Paths of the files that are missing or not fresh. */
export function findStale(root: string, files: readonly GeneratedFile[] = GENERATED): string[] {
  return files.filter(({ path, render }) => readIfThere(join(root, path)) !== render()).map(({ path }) => path)
}

export function writeGenerated(root: string, files: readonly GeneratedFile[] = GENERATED): void {
  for (const { path, render } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), render())
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function main(args: readonly string[]): number {
  const root = join(import.meta.dirname, '..')
  if (args.length > 1 || (args.length === 1 && args[0] !== '--check')) {
    process.stderr.write('Usage: node tools/generate.ts [--check]\n')
    return 2
  }
  if (args.length === 0) {
    writeGenerated(root)
    return 0
  }
  const stale = findStale(root)
  for (const path of stale) process.stderr.write(`${path} is stale; run: npm run generate\n`)
  return stale.length === 0 ? 0 : 1
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))
