import type { Band } from '@jairouter/contract/names'
import type { QueuePolicy, Route, Snapshot } from '../config/snapshot.ts'
import { FairQueue, type Waiting } from '../queue/fair-queue.ts'
import type { DeadlineClock, Watched } from './deadline-clock.ts'
import { couldTake, isBusy } from './plan.ts'
import type { InstanceState } from './route-states.ts'

/** Bodies that wait in one band of one model, at most. */
const BAND_BYTES = 64 * 1024 ** 2
/** Room appears without a call ending, too: a breaker half-opens, a pause is over, a config allows more. */
const LOOK_EVERY_MS = 50

/** `room`: try again now · `full`: no place to wait, or it had to make room · `late`: not within the queue's time · `gone`: the signal. */
export type Turn = 'room' | 'full' | 'late' | 'gone'

export interface Arrival {
  readonly band: Band
  /** The tenant: the API key's name, or the client's address. */
  readonly flow: string
  /** Of the request's body. */
  readonly bytes: number
  /** When the request first came to wait; it keeps its place when it has to wait again. Monotonic ms. */
  readonly queuedAt: number
  readonly states: readonly InstanceState[]
  readonly tried: ReadonlySet<InstanceState>
  readonly signal: AbortSignal
}

export interface WaitingRoomOptions {
  readonly now: () => number
  readonly clock: DeadlineClock
}

/** Where requests wait while all instances of their model are at `maxConcurrency`: bounded, fair among tenants. One for each model. */
export class WaitingRoom implements Watched {
  dueAt = Infinity
  place: number | undefined = undefined
  readonly #options: WaitingRoomOptions
  readonly #queue: FairQueue<Waiter>
  readonly #limits: { size: number; readonly bytes: number }
  readonly #waiters = new Set<Waiter>()
  #timeoutMs: number

  constructor({ size, timeoutMs }: QueuePolicy, options: WaitingRoomOptions) {
    this.#limits = { size, bytes: BAND_BYTES }
    this.#queue = new FairQueue<Waiter>(this.#limits)
    this.#timeoutMs = timeoutMs
    this.#options = options
  }

  /** Holds for who comes from now on. */
  setPolicy({ size, timeoutMs }: QueuePolicy): void {
    this.#limits.size = size
    this.#timeoutMs = timeoutMs
  }

  get size(): number {
    return this.#queue.size
  }

  /** Of the bodies of all that wait. */
  get bytes(): number {
    return this.#queue.bytes
  }

  /** Whether a newcomer has to wait behind others, though there may be room just now. */
  get isBusy(): boolean {
    return this.#queue.size > 0
  }

  /** How long one who comes now would wait, in whole seconds from 1 to 60: for `Retry-After`. */
  retryAfterSeconds(): number {
    return Math.min(60, Math.max(1, Math.ceil(this.#queue.expectedWaitMs(this.#options.now()) / 1_000)))
  }

  /** Waits for a turn. `onQueued` gets a function that tells the place in the queue, 1 being the next. */
  wait(arrival: Arrival, onQueued: (position: () => number) => void): Promise<Turn> {
    const { now, clock } = this.#options
    if (arrival.signal.aborted) return Promise.resolve('gone')
    const waiter = new Waiter(arrival, this.#timeoutMs)
    const at = now()
    // With nobody before it an estimate from slower days would close the queue for good.
    const hopeless = this.#queue.size > 0 && this.#queue.expectedWaitMs(at, waiter) > waiter.dueAt - at
    if (hopeless || at >= waiter.dueAt) return Promise.resolve('late')
    const pushed = this.#queue.push(waiter, at)
    if (pushed.kind === 'full') return Promise.resolve('full')
    pushed.displaced?.settle('full')
    const leave = (turn: Turn) => {
      this.#queue.remove(waiter)
      waiter.settle(turn)
    }
    const onAbort = () => leave('gone')
    arrival.signal.addEventListener('abort', onAbort, { once: true })
    waiter.onLate = () => leave('late')
    clock.add(waiter)
    if (this.dueAt === Infinity) {
      this.dueAt = at + LOOK_EVERY_MS
      clock.add(this)
    }
    this.#waiters.add(waiter)
    // Those before it may be waiting for an instance that it can do without.
    this.letIn()
    onQueued(() => this.#queue.position(waiter) ?? 1)
    return waiter.turn.finally(() => {
      clock.remove(waiter)
      this.#waiters.delete(waiter)
      arrival.signal.removeEventListener('abort', onAbort)
    })
  }

  /** Lets in as many as there may be room for. */
  letIn(): void {
    const now = this.#options.now()
    let room = Infinity
    for (let entered = 0; entered < room; entered += 1) {
      const waiter = this.#queue.next(now, (one) => couldTake(one.arrival.states, one.arrival.tried, now))
      if (waiter === undefined) return
      room = Math.min(room, freePlaces(waiter.arrival.states))
      waiter.settle('room')
    }
  }

  /** Whoever has nothing to wait for any more, since all instances are out and not just busy, is to find that out now. */
  #dismiss(): void {
    const now = this.#options.now()
    for (const waiter of this.#waiters) {
      const { states, tried } = waiter.arrival
      if (isBusy(states, tried, now) || !this.#queue.remove(waiter)) continue
      waiter.settle('room')
    }
  }

  charge(flow: string, tokens: number): void {
    this.#queue.charge(flow, tokens, this.#options.now())
  }

  reached(): void {
    this.letIn()
    this.#dismiss()
    if (this.#queue.size > 0) this.dueAt = this.#options.now() + LOOK_EVERY_MS
    else {
      this.dueAt = Infinity
      this.#options.clock.remove(this)
    }
  }
}

class Waiter implements Waiting, Watched {
  readonly arrival: Arrival
  readonly band: Band
  readonly flow: string
  readonly weight = 1
  readonly bytes: number
  readonly queuedAt: number
  readonly deadline: number
  readonly dueAt: number
  place: number | undefined = undefined
  readonly turn: Promise<Turn>
  readonly settle: (turn: Turn) => void
  onLate: () => void = () => {}

  constructor(arrival: Arrival, timeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<Turn>()
    this.arrival = arrival
    this.band = arrival.band
    this.flow = arrival.flow
    this.bytes = arrival.bytes
    this.queuedAt = arrival.queuedAt
    this.deadline = arrival.queuedAt + timeoutMs
    this.dueAt = this.deadline
    this.turn = promise
    this.settle = resolve
  }

  reached(): void {
    this.onLate()
  }
}

function freePlaces(states: readonly InstanceState[]): number {
  return states.reduce((sum, state) => sum + state.room, 0)
}

/** The rooms of all models that have bounded instances. */
export class WaitingRooms {
  readonly #options: WaitingRoomOptions
  readonly #rooms = new Map<string, WaitingRoom>()
  /** The next one to be looked at first: models that share a backend take turns. */
  #first = 0

  constructor(options: WaitingRoomOptions) {
    this.#options = options
  }

  /** Undefined where nobody waits: no instance is bounded, or the policy has no queue. */
  of(route: Route): WaitingRoom | undefined {
    const { queue } = route.policy
    if (!hasRoomFor(route)) return undefined
    const name = nameOf(route)
    let room = this.#rooms.get(name)
    if (room === undefined) {
      room = new WaitingRoom(queue, this.#options)
      this.#rooms.set(name, room)
    }
    return room
  }

  /** How many wait, without a room being made; undefined where nobody would. */
  waitingFor(route: Route): number | undefined {
    return hasRoomFor(route) ? (this.#rooms.get(nameOf(route))?.size ?? 0) : undefined
  }

  /** A call has ended: somebody who waits may have room now. */
  callEnded(): void {
    if (this.#rooms.size === 0) return
    const rooms = [...this.#rooms.values()]
    this.#first = (this.#first + 1) % rooms.length
    for (let index = 0; index < rooms.length; index += 1) {
      const room = rooms[(this.#first + index) % rooms.length]
      if (room?.isBusy === true) room.letIn()
    }
  }

  /** Of the bodies of all that wait. */
  get bytes(): number {
    let sum = 0
    for (const room of this.#rooms.values()) sum += room.bytes
    return sum
  }

  /** How many wait for a model. */
  *lengths(): Iterable<{ readonly service: string; readonly model: string; readonly waiting: number }> {
    for (const [name, { size: waiting }] of this.#rooms) {
      const space = name.indexOf(' ')
      yield { service: name.slice(0, space), model: name.slice(space + 1), waiting }
    }
  }

  /** Another config is in force: its bounds hold. Rooms of models that left it, and are empty, are forgotten. */
  retain({ routes }: Snapshot): void {
    const policies = new Map(
      [...routes.values()].flatMap((byName) => [...byName.values()].map((route) => [nameOf(route), route.policy.queue])),
    )
    for (const [name, room] of this.#rooms) {
      const policy = policies.get(name)
      if (policy !== undefined) room.setPolicy(policy)
      else if (!room.isBusy) this.#rooms.delete(name)
    }
  }
}

function hasRoomFor({ policy, instances }: Route): boolean {
  return policy.queue.size > 0 && instances.some(({ backend }) => backend.maxConcurrency !== undefined)
}

function nameOf({ service, model }: Route): string {
  return `${service} ${model}`
}
