/** Reads what a scraper is given by the letter of both formats, and throws at the first thing that is not so. */
export type Format = 'text' | 'openmetrics'

export interface StrictSample {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
  readonly exemplar: { readonly labels: ReadonlyMap<string, string>; readonly value: number; readonly time: number | undefined } | undefined
}

export interface StrictFamily {
  readonly name: string
  readonly kind: string
  readonly help: string
  readonly unit: string | undefined
  readonly samples: StrictSample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN`
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`
const LABELS = String.raw`(?:${LABEL}(?:,${LABEL})*)?`
const SAMPLE = new RegExp(String.raw`^(${NAME})(?:\{(${LABELS})\})? (${NUMBER})(?: # \{(${LABELS})\} (${NUMBER})(?: (\d+(?:\.\d+)?))?)?$`)
const META = new RegExp(String.raw`^# (HELP|TYPE|UNIT) (${NAME}) (.+)$`)
/** How long the labels of an exemplar may be together. */
const EXEMPLAR_CHARACTERS = 128

export function parseStrictly(text: string, format: Format): StrictFamily[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const lines = text.slice(0, -1).split('\n')
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('OpenMetrics ends with # EOF')
  const families = new Map<string, StrictFamily>()
  let current: { name: string; meta: Map<string, string>; family: StrictFamily | undefined } | undefined
  for (const line of lines) {
    const [, what, name = '', told = ''] = META.exec(line) ?? []
    if (what === undefined) {
      current = { ...demand(current, `a sample without a family: ${line}`), family: addSample(current, line, { families, format }) }
      continue
    }
    if (current?.name !== name) {
      if (families.has(name)) throw new Error(`${name} comes twice`)
      current = { name, meta: new Map(), family: undefined }
    }
    if (current.family !== undefined || current.meta.has(what)) throw new Error(`${what} of ${name} comes too late or twice`)
    if (what === 'UNIT' && (format === 'text' || !name.endsWith(`_${told}`))) throw new Error(`wrong unit: ${line}`)
    if (what === 'TYPE' && !['counter', 'gauge', 'histogram'].includes(told)) throw new Error(`unknown type: ${line}`)
    current.meta.set(what, told)
    if (current.meta.has('TYPE') && !families.has(name)) families.set(name, emptyFamily(name, current.meta))
  }
  for (const family of families.values()) checkFamily(family, format)
  return [...families.values()]
}

type Current = { name: string; meta: Map<string, string>; family: StrictFamily | undefined } | undefined

function emptyFamily(name: string, meta: ReadonlyMap<string, string>): StrictFamily {
  return {
    name,
    kind: meta.get('TYPE') ?? '',
    help: meta.get('HELP') ?? '',
    get unit() {
      return meta.get('UNIT')
    },
    samples: [],
  }
}

function addSample(
  current: Current,
  line: string,
  { families, format }: { readonly families: ReadonlyMap<string, StrictFamily>; readonly format: Format },
): StrictFamily {
  const [, name = '', labels = '', value = '', exemplarLabels, exemplarValue = '', time] = SAMPLE.exec(line) ?? []
  if (name === '') throw new Error(`no sample, and no comment that is known: ${line}`)
  const family = demand(families.get(current?.name ?? ''), `no type before ${line}`)
  if (!endsOf(family.kind, format).some((end) => name === family.name + end)) throw new Error(`${name} does not belong to ${family.name}`)
  const sample: StrictSample = {
    name,
    labels: readLabels(labels),
    value: readNumber(value),
    exemplar:
      exemplarLabels === undefined
        ? undefined
        : { labels: readLabels(exemplarLabels), value: readNumber(exemplarValue), time: time === undefined ? undefined : Number(time) },
  }
  checkExemplar(sample, format)
  const key = keyOf(sample)
  if (family.samples.some((other) => keyOf(other) === key)) throw new Error(`comes twice: ${line}`)
  family.samples.push(sample)
  return family
}

function endsOf(kind: string, format: Format): readonly string[] {
  if (kind === 'histogram') return ['_bucket', '_sum', '_count']
  return kind === 'counter' && format === 'openmetrics' ? ['_total'] : ['']
}

function checkExemplar({ name, labels, exemplar }: StrictSample, format: Format): void {
  if (exemplar === undefined) return
  if (format === 'text') throw new Error('the text format has no exemplars')
  if (!/_(?:bucket|total)$/.test(name)) throw new Error(`${name} may have no exemplar`)
  const characters = [...exemplar.labels].flat().join('').length
  if (characters > EXEMPLAR_CHARACTERS) throw new Error(`an exemplar's labels have ${characters} characters`)
  if (exemplar.value > readNumber(labels.get('le') ?? '+Inf')) throw new Error(`an exemplar of ${name} is not in its bucket`)
}

function checkFamily({ name, kind, help, samples }: StrictFamily, format: Format): void {
  if (help === '') throw new Error(`${name} has no help`)
  if (kind === 'counter' && format === 'text' && !name.endsWith('_total')) throw new Error(`the counter ${name} does not end with _total`)
  if (kind !== 'gauge' && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} counts below 0`)
  if (kind !== 'histogram') return
  const series = Map.groupBy(samples, (sample) => keyOf({ ...sample, name, labels: withoutBound(sample.labels) }))
  for (const [key, own] of series) checkHistogram(key, own, format)
}

function checkHistogram(key: string, own: readonly StrictSample[], format: Format): void {
  const buckets = own.filter(({ name }) => name.endsWith('_bucket'))
  const bounds = buckets.map(({ labels }) => labels.get('le') ?? '')
  if (bounds.at(-1) !== '+Inf') throw new Error(`${key} does not end with +Inf`)
  if (format === 'openmetrics' && bounds.some((bound) => /^\d+$/.test(bound))) throw new Error(`${key} has a bound without a point`)
  for (const [index, { value }] of buckets.entries()) {
    if (index === 0) continue
    if (value < (buckets[index - 1]?.value ?? 0)) throw new Error(`${key} counts less in a larger bucket`)
    if (readNumber(bounds[index] ?? '') <= readNumber(bounds[index - 1] ?? '')) throw new Error(`${key} has bounds in disorder`)
  }
  const count = own.filter(({ name }) => name.endsWith('_count'))
  const sum = own.filter(({ name }) => name.endsWith('_sum'))
  if (count.length !== 1 || sum.length !== 1) throw new Error(`${key} has no sum or no count`)
  if (count[0]?.value !== buckets.at(-1)?.value) throw new Error(`${key} counts something else than its last bucket`)
}

function withoutBound(labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...labels].filter(([label]) => label !== 'le'))
}

function keyOf({ name, labels }: Pick<StrictSample, 'name' | 'labels'>): string {
  return JSON.stringify([name, ...[...labels].toSorted(([a], [b]) => (a < b ? -1 : 1))])
}

function readLabels(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>()
  for (const [pair] of text.matchAll(new RegExp(LABEL, 'g'))) {
    const at = pair.indexOf('=')
    const label = pair.slice(0, at)
    if (labels.has(label)) throw new Error(`the label ${label} comes twice: ${text}`)
    labels.set(
      label,
      pair.slice(at + 2, -1).replaceAll(/\\(.)/g, (_all, mark: string) => (mark === 'n' ? '\n' : mark)),
    )
  }
  return labels
}

function readNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'))
}

function demand<Value>(value: Value | undefined, message: string): Value {
  if (value === undefined) throw new Error(message)
  return value
}
