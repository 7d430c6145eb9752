import { randomUUID } from 'node:crypto'
import type { Job } from '@jairouter/contract/management/jobs'
import type { EventBus } from '../telemetry/event-bus.ts'

/** Jobs that are remembered; those that have ended go first. */
const MOST_JOBS = 200
/** More than these at a time are a mistake. */
const MOST_RUNNING = 50

export interface JobTask {
  readonly kind: string
  readonly target?: string
  readonly by: string
  /** Rejects when it has failed: an Error's message is shown. `signal` is aborted when the job is cancelled. */
  readonly run: (job: { readonly signal: AbortSignal; readonly progress: (progress: Job['progress']) => void }) => Promise<unknown>
}

interface Entry {
  job: Job
  readonly cancel: AbortController
}

export interface JobBoardOptions {
  readonly events: EventBus
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** What takes longer than an answer. In memory: a job ends with the process. */
export class JobBoard {
  readonly #options: JobBoardOptions
  /** Oldest first. */
  readonly #jobs = new Map<string, Entry>()

  constructor(options: JobBoardOptions) {
    this.#options = options
  }

  /** Newest first. */
  all(): Job[] {
    return [...this.#jobs.values()].map(({ job }) => job).reverse()
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id)?.job
  }

  /** Undefined where too many are running already. */
  start({ kind, target, by, run }: JobTask): Job | undefined {
    const running = [...this.#jobs.values()].filter(({ job }) => job.state === 'running').length
    if (running >= MOST_RUNNING) return undefined
    this.#forget()
    const job: Job = {
      id: `job-${randomUUID()}`,
      kind,
      ...(target === undefined ? {} : { target }),
      by,
      state: 'running',
      startedAt: this.#time(),
      progress: {},
    }
    const entry: Entry = { job, cancel: new AbortController() }
    this.#jobs.set(job.id, entry)
    this.#tell(entry, job)
    void this.#run(entry, run)
    return job
  }

  /** Ends a job that is running; undefined where there is none of that id. One that has ended stays as it is. */
  cancel(id: string): Job | undefined {
    const entry = this.#jobs.get(id)
    if (entry === undefined) return undefined
    if (entry.job.state === 'running') {
      this.#end(entry, { state: 'cancelled' })
      entry.cancel.abort(new Error('the job was cancelled'))
    }
    return entry.job
  }

  /** Ends all that are running. */
  close(): void {
    for (const id of this.#jobs.keys()) this.cancel(id)
  }

  async #run(entry: Entry, run: JobTask['run']): Promise<void> {
    const progress = (next: Job['progress']) => {
      if (entry.job.state === 'running') this.#tell(entry, { ...entry.job, progress: next })
    }
    try {
      const result = await run({ signal: entry.cancel.signal, progress })
      this.#end(entry, { state: 'done', ...(result === undefined ? {} : { result }) })
    } catch (error) {
      this.#end(entry, { state: 'failed', error: error instanceof Error ? error.message : 'it failed' })
    }
  }

  /** Once: what a cancelled job comes to after all is not told any more. */
  #end(entry: Entry, how: Pick<Job, 'state' | 'result' | 'error'>): void {
    if (entry.job.state === 'running') this.#tell(entry, { ...entry.job, ...how, endedAt: this.#time() })
  }

  #tell(entry: Entry, job: Job): void {
    entry.job = job
    this.#options.events.publish('jobs', 'job', job)
  }

  #forget(): void {
    for (const [id, { job }] of this.#jobs) {
      if (this.#jobs.size < MOST_JOBS) return
      if (job.state !== 'running') this.#jobs.delete(id)
    }
  }

  #time(): string {
    return new Date(this.#options.now()).toISOString()
  }
}
