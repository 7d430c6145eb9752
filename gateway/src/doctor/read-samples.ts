/** One line of what /metrics shows. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The text exposition format, without what it says of types. */
export function parseSamples(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) return []
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', label = '']) => [key, label] as const)
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })
}

/** The sum over all samples of a name whose labels are as told. */
export function sumOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  return samples
    .filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0)
}

/** What is counted while it is open, and has not come to an end. */
export function stillOpen(samples: readonly Sample[]): readonly string[] {
  return samples
    .filter(({ name, value }) => /^jairouter_(?:\w+_)?(?:in_flight|queue_length)$/.test(name) && value !== 0)
    .map(({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`.replace(/ +/g, ' '))
}
