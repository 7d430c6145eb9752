import type { Trace } from '@jairouter/contract/management/explain'
import type { TraceState } from '@jairouter/contract/management/reasons'
import type { ExplainSettings } from '../config/snapshot.ts'
import { RecentList } from './recent-list.ts'
import { RecentRequests } from './recent-requests.ts'
import type { PlanNote, RequestRecord } from './request-record.ts'
import { isNoteworthy, isRefused, traceOf } from './trace.ts'
import { TraceRing, type KeptTrace, type RingBounds } from './trace-ring.ts'

/** Ids of settled requests that can still be told from such as never were. */
const MOST_IDS = 10_000
/** Requests after which another share of the settings takes effect, at the latest. */
const LONGEST_GAP = 100
/** Of the room, what refusals may take: whoever is refused can be so as often as he likes. */
const REFUSED_SHARE = 1 / 4

export interface TraceKeeperOptions {
  readonly settings: () => ExplainSettings
  /** How the instances stand for a request that has just ended, where nothing was noted before. */
  readonly standing: (record: RequestRecord) => PlanNote | undefined
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  readonly random: () => number
}

export type FoundTrace = { readonly state: 'kept'; readonly trace: Trace } | { readonly state: Exclude<TraceState, 'kept'> }

/** What traces are read from. */
export interface Traces {
  find(id: string): FoundTrace
  /** Newest first; sequences count up with time. */
  newest(): Iterable<KeptTrace>
}

/** Keeps the decisions of requests of which something is to be said, and of a sample of the rest; and the facts of the last ones. */
export class TraceKeeper implements Traces {
  readonly recent = new RecentRequests()
  readonly #options: TraceKeeperOptions
  readonly #settled = new RecentList<string>(MOST_IDS)
  readonly #expired = new RecentList<string>(MOST_IDS)
  readonly #traces: TraceRing
  readonly #refused: TraceRing
  #settings: ExplainSettings
  #sequence = 0
  /** Requests until the next one that is drawn, or until the settings are looked at again. */
  #left = 0
  #isDrawn = false

  constructor(options: TraceKeeperOptions) {
    this.#options = options
    this.#settings = options.settings()
    const gone = (id: string) => this.#expired.add(id)
    this.#traces = new TraceRing(boundsOf(this.#settings, 1 - REFUSED_SHARE), gone)
    this.#refused = new TraceRing(boundsOf(this.#settings, REFUSED_SHARE), gone)
    this.#draw()
  }

  /** Whether the request that begins now is drawn. A number is counted down; chance is asked only for the next one. */
  draws(): boolean {
    this.#left -= 1
    if (this.#left >= 0) return false
    const drawn = this.#isDrawn
    this.#follow()
    this.#draw()
    return drawn && this.#settings.keep > 0
  }

  settled(record: RequestRecord): void {
    this.#settled.add(record.id)
    this.recent.add(record)
    if (this.#options.settings().keep === 0 || !isNoteworthy(record)) return
    this.#follow()
    if (record.plans === undefined) {
      const note = this.#options.standing(record)
      if (note !== undefined) record.plans = [note]
    }
    this.#sequence += 1
    const ring = isRefused(record) ? this.#refused : this.#traces
    ring.add(traceOf(record, this.#options.wallClock()), this.#sequence)
  }

  find(id: string): FoundTrace {
    const kept = [this.#traces.get(id), this.#refused.get(id)].filter((one) => one !== undefined)
    const newest = kept.toSorted((a, b) => b.sequence - a.sequence)[0]
    if (newest !== undefined) return { state: 'kept', trace: newest.trace }
    if (this.#expired.includes(id)) return { state: 'expired' }
    return { state: this.#settled.includes(id) ? 'not-sampled' : 'unknown' }
  }

  *newest(): Iterable<KeptTrace> {
    const rings = [this.#traces, this.#refused].map((ring) => ring.newest()[Symbol.iterator]())
    const heads = rings.map((ring) => ring.next())
    for (;;) {
      let latest = -1
      for (const [index, head] of heads.entries()) {
        const best = latest < 0 ? undefined : heads[latest]
        if (head.done !== true && (best?.done !== false || head.value.sequence > best.value.sequence)) latest = index
      }
      const head = heads[latest]
      const ring = rings[latest]
      if (head === undefined || head.done === true || ring === undefined) return
      yield head.value
      heads[latest] = ring.next()
    }
  }

  /** Another config may be in force. */
  #follow(): void {
    const settings = this.#options.settings()
    if (settings === this.#settings) return
    this.#settings = settings
    this.#traces.setBounds(boundsOf(settings, 1 - REFUSED_SHARE))
    this.#refused.setBounds(boundsOf(settings, REFUSED_SHARE))
  }

  /** Geometric: as if a coin were tossed for each. Whoever comes after a longer gap is drawn for anew: gaps have no memory. */
  #draw(): void {
    const { sample } = this.#settings
    const gap = sample >= 1 ? 0 : sample <= 0 ? Infinity : Math.floor(Math.log(1 - this.#options.random()) / Math.log(1 - sample))
    this.#isDrawn = gap <= LONGEST_GAP
    this.#left = Math.min(gap, LONGEST_GAP)
  }
}

function boundsOf({ keep, maximumBytes }: ExplainSettings, share: number): RingBounds {
  return { maximumCount: Math.ceil(keep * share), maximumBytes: maximumBytes * share }
}
