import { ask } from './ask.ts'

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ReadMetrics {
  readonly samples: readonly Sample[]
  /** Metric names as in `# TYPE` lines, with their kinds. */
  readonly types: ReadonlyMap<string, string>
  /** The samples of one name: `labels joined by ","` → value, labels in the order of their names. */
  series(name: string): Record<string, number>
}

/** What /metrics shows. */
export async function readMetrics(url: string): Promise<ReadMetrics> {
  const { text } = await ask(`${url}/metrics`)
  const lines = text.split('\n')
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#')).map(parseSample)
  const types = new Map(
    lines.flatMap((line) => {
      const [, name, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
      return name === undefined || kind === undefined ? [] : [[name, kind] as const]
    }),
  )
  return {
    samples,
    types,
    series: (name) =>
      Object.fromEntries(samples.filter((sample) => sample.name === name).map(({ labels, value }) => [keyOf(labels), value])),
  }
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .toSorted()
    .map((name) => labels[name])
    .join(',')
}

function parseSample(line: string): Sample {
  const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Error(`not a sample: ${line}`)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text] as const)
  return { name, labels: Object.fromEntries(pairs), value: Number(value) }
}
