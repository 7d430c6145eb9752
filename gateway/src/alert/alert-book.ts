import { alertId, concerns, MOST_SUBJECTS, type Alert, type Notice, type Quiet, type Step } from './alert.ts'
import type { Finding } from './findings.ts'
import { isSameRule, type AlertRule } from './rule.ts'

/** After an alert was told to fire, the same one is not told anew for so long, however often it comes and goes. */
const CALM_MS = 300_000
const MOST_RESOLVED = 200

export interface LookedAt {
  readonly rule: AlertRule
  readonly findings: readonly Finding[]
}

export interface StepInput {
  /** Every rule that holds. */
  readonly rules: readonly LookedAt[]
  /** Monotonic milliseconds: what `for` and `repeat` go by, whatever is done to the wall clock. */
  readonly now: number
  /** Epoch milliseconds: to be shown. */
  readonly wallClock: number
  readonly isSilenced: (alert: Alert) => boolean
}

interface Entry {
  alert: Alert
  readonly since: number
  /** When it was told last that it fires; undefined: not since it began to. */
  toldAt: number | undefined
}

/** The alerts there are. Each rule's have to hold for its `for`, are told when they fire, again and again, and once when they are over. */
export class AlertBook {
  readonly #entries = new Map<string, Entry>()
  /** Newest last. */
  #resolved: Alert[] = []
  /** When an alert was told to fire last, also of those that are over. */
  readonly #calm = new Map<string, number>()
  #now = -Infinity

  /** Nothing is pending, and nothing fires. */
  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  *active(): Iterable<Alert> {
    for (const { alert } of this.#entries.values()) yield alert
  }

  /** Newest first. */
  resolved(): readonly Alert[] {
    return this.#resolved.toReversed()
  }

  step({ rules, now: given, wallClock, isSilenced }: StepInput): Step {
    const now = Math.max(this.#now, given)
    this.#now = now
    const changes: Alert[] = []
    const notices: Notice[] = []
    const byName = new Map(rules.map((looked) => [looked.rule.name, looked]))
    const found = new Set<string>()
    for (const { rule, findings } of rules)
      for (const finding of findings.slice(0, MOST_SUBJECTS)) found.add(this.#found(rule, finding, { now, wallClock, changes }))

    for (const [id, entry] of this.#entries) {
      const rule = byName.get(entry.alert.rule.name)?.rule
      if (found.has(id) && rule !== undefined) continue
      this.#entries.delete(id)
      this.#end(entry, { wallClock, changes, notices })
    }
    for (const entry of this.#entries.values()) {
      if (entry.alert.state !== 'pending' || now - entry.since < entry.alert.rule.forMs) continue
      entry.alert = { ...entry.alert, state: 'firing', firedAt: wallClock }
      changes.push(entry.alert)
    }
    this.#tell({ now, isSilenced, notices })
    for (const [id, at] of this.#calm) if (now - at >= CALM_MS && !this.#entries.has(id)) this.#calm.delete(id)
    return { changes, notices }
  }

  #found(
    rule: AlertRule,
    { subject, value }: Finding,
    { now, wallClock, changes }: { now: number; wallClock: number; changes: Alert[] },
  ): string {
    const id = alertId(rule.name, subject)
    const known = this.#entries.get(id)
    // A rule that was changed begins anew; what it said before is over.
    if (known !== undefined && isSameRule(known.alert.rule, rule)) {
      known.alert = { ...known.alert, value }
      return id
    }
    const state = 'pending'
    const labels = { ...rule.labels, ...subject }
    const alert: Alert = {
      id,
      rule,
      subject,
      labels,
      state,
      value,
      startedAt: wallClock,
      firedAt: undefined,
      endedAt: undefined,
      quiet: undefined,
      told: 0,
    }
    const changed = known === undefined ? undefined : changedId(id)
    if (known !== undefined && changed !== undefined) this.#entries.set(changed, known)
    this.#entries.set(id, { alert, since: now, toldAt: undefined })
    if (rule.forMs > 0) changes.push(alert)
    return id
  }

  /** What was told to fire is told to be over, also to who would not be told of it now: whoever was called waits for it. */
  #end(entry: Entry, { wallClock, changes, notices }: { wallClock: number; changes: Alert[]; notices: Notice[] }): void {
    if (entry.alert.state !== 'firing') return
    const alert: Alert = { ...entry.alert, state: 'resolved', endedAt: wallClock }
    this.#resolved.push(alert)
    if (this.#resolved.length > MOST_RESOLVED) this.#resolved = this.#resolved.slice(-MOST_RESOLVED)
    changes.push(alert)
    if (entry.toldAt !== undefined) notices.push({ kind: 'resolved', alert })
  }

  #tell({ now, isSilenced, notices }: { now: number; isSilenced: StepInput['isSilenced']; notices: Notice[] }): void {
    const firing = [...this.#entries.values()].filter(({ alert }) => alert.state === 'firing')
    for (const entry of firing) {
      const quiet = quietOf(entry.alert, firing, isSilenced)
      if (quiet !== entry.alert.quiet) entry.alert = { ...entry.alert, quiet }
      if (quiet !== undefined) continue
      const kind = this.#due(entry, now)
      if (kind === undefined) continue
      entry.toldAt = now
      entry.alert = { ...entry.alert, told: entry.alert.told + 1 }
      this.#calm.set(entry.alert.id, now)
      notices.push({ kind, alert: entry.alert })
    }
  }

  #due({ alert, toldAt }: Entry, now: number): 'firing' | 'repeated' | undefined {
    if (toldAt === undefined) return now - (this.#calm.get(alert.id) ?? -Infinity) >= CALM_MS ? 'firing' : undefined
    return alert.rule.repeatMs > 0 && now - toldAt >= Math.max(CALM_MS, alert.rule.repeatMs) ? 'repeated' : undefined
  }
}

/** Nothing that is found has it, so that it ends at once. */
function changedId(id: string): string {
  return `\n${id}`
}

function quietOf(alert: Alert, firing: readonly Entry[], isSilenced: StepInput['isSilenced']): Quiet | undefined {
  if (isSilenced(alert)) return 'silenced'
  const { inhibitedBy } = alert.rule
  if (inhibitedBy.length === 0) return undefined
  const inhibited = firing.some(
    ({ alert: other }) => inhibitedBy.includes(other.rule.name) && other.id !== alert.id && concerns(other.subject, alert.subject),
  )
  return inhibited ? 'inhibited' : undefined
}
