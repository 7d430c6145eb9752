import type { DiscoveredModel } from '../adapters/model-list.ts'
import type { Backend } from '../config/snapshot.ts'
import { nextProbeDelayMs, recordProbe, recordRefusal, snapshotOf, type Transition } from '../health/health.ts'
import type { OpenUpstream } from './port.ts'
import { discover, probe, type ProbeOutcome } from './probe.ts'

export interface MonitorOptions {
  readonly open: OpenUpstream
  /** The backend's health vector in the state table. */
  readonly healthOf: (backendId: string) => Float64Array
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly random: () => number
  readonly onTransition: (backend: Backend, transition: Transition, reason: string | undefined) => void
  /** A probe found it well, whatever it was before. */
  readonly onPassed: (backend: Backend) => void
  readonly onModels: (backend: Backend, models: readonly DiscoveredModel[]) => void
}

export interface Monitor {
  /** Watches just these backends from now on; one whose settings did not change keeps its rhythm. */
  watch(backends: Iterable<Backend>): void
  /** Resolves when every watched backend was probed once, and its models asked for. */
  firstRound(): Promise<void>
  /** Probes the backend now instead of at its next turn: real traffic has seen it fail. */
  hurry(backendId: string): void
  /** One probe out of turn, taken note of as any other; undefined when the backend is not watched. */
  probeNow(backendId: string): Promise<ProbeOutcome | undefined>
  close(): void
}

/** Until a backend's models are known, it is asked for them this often. */
const UNDISCOVERED_DELAY_MS = 2_000

interface Watch {
  readonly backend: Backend
  readonly settings: string
  readonly first: Promise<void>
  timer: NodeJS.Timeout | undefined
  discoveredAt: number | undefined
  running: boolean
  stopped: boolean
}

/** The control plane's eyes: probes each backend in its rhythm and reads its model list again from time to time. */
export function createMonitor(options: MonitorOptions): Monitor {
  const watches = new Map<string, Watch>()

  async function turn(watch: Watch): Promise<void> {
    if (watch.running || watch.stopped) return
    watch.running = true
    const { backend } = watch
    try {
      const recovered = backend.health.enabled ? await check(backend, watch) : false
      if (backend.discover && !watch.stopped && (recovered || isDue(watch))) await readModels(watch)
    } finally {
      watch.running = false
      if (!watch.stopped) watch.timer = setTimeout(() => void turn(watch), delayOf(watch, options))
    }
  }

  /** True when the backend came (back) into service: its models may be others now. */
  async function check(backend: Backend, watch: Watch): Promise<boolean> {
    const outcome = await probe(options.open, backend)
    return watch.stopped ? false : note(backend, outcome)
  }

  function note(backend: Backend, outcome: ProbeOutcome): boolean {
    if (outcome.kind === 'ok') options.onPassed(backend)
    const transition = record(options.healthOf(backend.id), outcome, { backend, now: options.now() })
    if (transition === undefined) return false
    options.onTransition(backend, transition, outcome.kind === 'failed' ? outcome.reason : undefined)
    return transition.to === 'healthy'
  }

  async function readModels(watch: Watch): Promise<void> {
    const models = await discover(options.open, watch.backend)
    if (models === undefined || watch.stopped) return
    watch.discoveredAt = options.now()
    options.onModels(watch.backend, models)
  }

  function isDue({ discoveredAt, backend }: Watch): boolean {
    return discoveredAt === undefined || options.now() - discoveredAt >= backend.refreshMs
  }

  function start(backend: Backend, settings: string): Watch {
    const { promise, resolve } = Promise.withResolvers<void>()
    const watch: Watch = { backend, settings, first: promise, timer: undefined, discoveredAt: undefined, running: false, stopped: false }
    void turn(watch).then(resolve, resolve)
    return watch
  }

  return {
    watch(backends) {
      const wanted = new Map([...backends].map((backend) => [backend.id, backend]))
      for (const [id, watch] of watches) {
        if (wanted.has(id)) continue
        stop(watch)
        watches.delete(id)
      }
      for (const backend of wanted.values()) {
        const settings = JSON.stringify(backend)
        const known = watches.get(backend.id)
        if (known?.settings === settings) continue
        if (known !== undefined) stop(known)
        watches.set(backend.id, start(backend, settings))
      }
    },
    async firstRound() {
      await Promise.all([...watches.values()].map(({ first }) => first))
    },
    hurry(backendId) {
      const watch = watches.get(backendId)
      if (watch === undefined || !watch.backend.health.enabled || watch.running) return
      clearTimeout(watch.timer)
      void turn(watch)
    },
    async probeNow(backendId) {
      const watch = watches.get(backendId)
      if (watch === undefined) return undefined
      const { backend } = watch
      const outcome = await probe(options.open, backend)
      if (watch.stopped) return undefined
      // Without probes of its own nothing would bring it back: then this one must not take it out.
      if (backend.health.enabled && note(backend, outcome) && backend.discover) await readModels(watch)
      return outcome
    },
    close() {
      for (const watch of watches.values()) stop(watch)
      watches.clear()
    },
  }
}

function stop(watch: Watch): void {
  watch.stopped = true
  clearTimeout(watch.timer)
}

function record(state: Float64Array, outcome: ProbeOutcome, { backend, now }: { backend: Backend; now: number }): Transition | undefined {
  return outcome.kind === 'refused' ? recordRefusal(state, now) : recordProbe(state, outcome.kind, backend.health, now)
}

function delayOf({ backend, discoveredAt }: Watch, { healthOf, now, random }: MonitorOptions): number {
  const { health, adapter, discover: wanted, refreshMs } = backend
  const { status, since, consecutiveSuccesses: passed } = snapshotOf(healthOf(backend.id))
  const intervalMs = health.enabled ? Math.max(health.intervalMs, adapter.health?.minimumIntervalMs ?? 0) : refreshMs
  const delayMs = nextProbeDelayMs({ status, intervalMs, unhealthyForMs: now() - since, passed, random })
  return wanted && discoveredAt === undefined ? Math.min(delayMs, UNDISCOVERED_DELAY_MS) : delayMs
}
