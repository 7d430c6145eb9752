import type { MetricDefinition } from './metric-definition.ts'

/** In place of a name that nobody knows, and of those beyond the bound. */
export const OTHER = 'other'

/** Sets of label values that a family holds apart. */
const MOST_SETS = 1_000

/** Labels whose values come from the config, so that there may be any number of them; the others' come from fixed tables. */
const OPEN_LABELS: ReadonlySet<string> = new Set(['model', 'backend', 'instance', 'client', 'group', 'rule', 'budget', 'place', 'currency'])

export class CounterCell {
  value = 0
}

/** One observation that stands for its bucket. */
export interface Exemplar {
  readonly traceId: string
  readonly value: number
  /** Epoch seconds. */
  readonly time: number
}

export class HistogramCell {
  readonly bounds: readonly number[]
  /** Of each bucket alone, not of those below it; the last one has no bound. */
  readonly counts: Float64Array
  sum = 0
  exemplars: (Exemplar | undefined)[] | undefined = undefined

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number): number {
    const { bounds } = this
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) bucket += 1
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += value
    return bucket
  }

  /** With the trace that it was seen in. */
  observeTraced(value: number, traceId: string, time: number): void {
    const bucket = this.observe(value)
    this.exemplars ??= []
    this.exemplars[bucket] = { traceId, value, time }
  }
}

/** A metric with what it shows now. */
export interface ShownFamily {
  readonly definition: MetricDefinition
  /** Label values in the order of the definition's labels. */
  sets(): Iterable<readonly [values: readonly string[], shown: number | HistogramCell]>
}

interface Branch<Cell> {
  readonly further: Map<string, Branch<Cell>>
  cell: Cell | undefined
}

/**
 * The cells of a metric, one for each set of label values. They hang in a tree, a level for each label: to find one
 * costs a look into a small map for each label, a tenth of hashing an object of labels.
 */
abstract class Family<Cell> implements ShownFamily {
  readonly definition: MetricDefinition
  readonly #root: Branch<Cell> = { further: new Map(), cell: undefined }
  readonly #all: { readonly values: readonly string[]; readonly cell: Cell }[] = []

  constructor(definition: MetricDefinition) {
    this.definition = definition
  }

  protected abstract make(): Cell
  protected abstract shown(cell: Cell): number | HistogramCell

  /** Of these label values, in the order of the definition. */
  cell(...values: readonly string[]): Cell {
    let branch: Branch<Cell> | undefined = this.#root
    for (const value of values) {
      branch = branch.further.get(value)
      if (branch === undefined) return this.#grow(values)
    }
    return branch.cell ?? this.#grow(values)
  }

  *sets(): Iterable<readonly [readonly string[], number | HistogramCell]> {
    for (const { values, cell } of this.#all) yield [values, this.shown(cell)]
  }

  #grow(values: readonly string[]): Cell {
    if (values.length !== this.definition.labels.length)
      throw new Error(`${this.definition.name} has ${this.definition.labels.length} labels`)
    if (this.#all.length >= MOST_SETS) {
      const bounded = values.map((value, index) => (OPEN_LABELS.has(this.definition.labels[index] ?? '') ? OTHER : value))
      // What is left are fixed tables, which end by themselves.
      if (bounded.some((value, index) => value !== values[index])) return this.cell(...bounded)
    }
    let branch = this.#root
    for (const value of values) {
      let next = branch.further.get(value)
      if (next === undefined) {
        next = { further: new Map(), cell: undefined }
        branch.further.set(value, next)
      }
      branch = next
    }
    const cell = this.make()
    branch.cell = cell
    this.#all.push({ values, cell })
    return cell
  }
}

export class CounterFamily extends Family<CounterCell> {
  protected override make(): CounterCell {
    return new CounterCell()
  }

  protected override shown({ value }: CounterCell): number {
    return value
  }
}

export class HistogramFamily extends Family<HistogramCell> {
  readonly #bounds: readonly number[]

  constructor(definition: MetricDefinition & { readonly buckets: readonly number[] }) {
    super(definition)
    this.#bounds = definition.buckets
  }

  protected override make(): HistogramCell {
    return new HistogramCell(this.#bounds)
  }

  protected override shown(cell: HistogramCell): HistogramCell {
    return cell
  }
}

type ReadValue = readonly [values: readonly string[], value: number]

/** What is read when somebody looks; as many sets as a family holds, and what is beyond them is not shown. */
export function readFamily(definition: MetricDefinition, read: () => Iterable<ReadValue>): ShownFamily {
  return {
    definition,
    *sets() {
      let count = 0
      for (const set of read()) {
        if (count >= MOST_SETS) return
        count += 1
        yield set
      }
    },
  }
}
