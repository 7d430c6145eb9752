import { randomBytes, randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { isAllowed, type Role } from '@jairouter/contract/management/roles'
import type { Actor } from '../../auth/actor.ts'
import type { EventBus } from '../../telemetry/event-bus.ts'
import { AdminProblem } from '../route.ts'
import { SseStream } from './sse-stream.ts'
import { MULTIPLEXED, type StreamFormat } from './stream-format.ts'
import type { Topic } from './topic.ts'

const MOST_STREAMS = 4
const TICK_MS = 1_000
const PING_TICKS = 15

export interface StreamDeskOptions {
  readonly topicOf: (name: string) => Topic | undefined
  readonly events: EventBus
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Calls back again and again; returns the way to stop. */
  readonly every: (milliseconds: number, callback: () => void) => () => void
  readonly onError: (error: unknown) => void
}

interface OpenStream {
  readonly stream: SseStream
  readonly actor: Actor
}

export interface OpenOptions {
  /** Resume token of the last event that the client knows. */
  readonly lastEventId?: string | undefined
  readonly format?: StreamFormat
}

/** All open streams. Nothing is looked at, and nothing runs, while there is none. */
export class StreamDesk {
  readonly #options: StreamDeskOptions
  readonly #streams = new Map<string, OpenStream>()
  /** Tokens of another process say nothing here. */
  readonly #epoch = randomBytes(6).toString('base64url')
  #stop: (() => void) | undefined
  #stopSamples: (() => void) | undefined
  #ticks = 0
  #polling = false

  constructor(options: StreamDeskOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#streams.size
  }

  /** What one resumes by from behind that event of the bus. */
  readonly token = (sequence: number): string => `${this.#epoch}.${sequence}`

  /** Undefined where it is no token of this process. */
  sequenceOf(token: string): number | undefined {
    const [epoch, sequence = ''] = token.split('.')
    return epoch === this.#epoch && /^\d{1,15}$/.test(sequence) ? Number(sequence) : undefined
  }

  /** Throws an AdminProblem: `too_many_streams`, `permission_denied`, `invalid_query`. */
  open(actor: Actor, topics: readonly string[], { lastEventId, format = MULTIPLEXED }: OpenOptions = {}): Readable {
    const session = sessionOf(actor)
    const own = [...this.#streams.values()].filter((one) => sessionOf(one.actor) === session).length
    if (own >= MOST_STREAMS) throw new AdminProblem('too_many_streams', `A session may have ${MOST_STREAMS} streams at a time`)
    this.#check(actor, topics)
    const { events, topicOf, now, onError } = this.#options
    const since = lastEventId === undefined ? undefined : this.sequenceOf(lastEventId)
    const missed = since === undefined ? undefined : events.since(since)
    const stream = new SseStream(
      { id: randomUUID(), topicOf, format, token: this.token, now, onError },
      missed === undefined ? events.last : (since ?? 0),
    )
    this.#streams.set(stream.id, { stream, actor })
    stream.once('close', () => this.#closed(stream.id))
    for (const name of topics)
      stream.follow(name, this.#beginning(name, { resumes: lastEventId !== undefined, missed: missed !== undefined }))
    for (const event of missed ?? []) stream.event(event)
    this.#run()
    this.#forgetUnfollowed()
    return stream
  }

  /** Another set of topics for a stream of the same session. Throws an AdminProblem; nothing has changed then. */
  setTopics(id: string, actor: Actor, topics: readonly string[]): void {
    const open = this.#streams.get(id)
    if (open === undefined || sessionOf(open.actor) !== sessionOf(actor))
      throw new AdminProblem('not_found', 'There is no such stream of this session')
    this.#check(actor, topics)
    const { stream } = open
    for (const name of stream.topics) if (!topics.includes(name)) stream.unfollow(name)
    for (const name of topics) if (!stream.topics.has(name)) stream.follow(name, 'snapshot')
    this.#forgetUnfollowed()
  }

  /** Ends what should not be open any more, as `roleOf` says of each session; undefined: it is over. */
  async watch(roleOf: (sessionId: string) => Promise<Role | undefined>): Promise<void> {
    const sessions = new Map(
      [...this.#streams.values()].flatMap(({ actor }) => (actor.kind === 'user' ? [[actor.sessionId, actor.id]] : [])),
    )
    for (const [sessionId, userId] of sessions) {
      const role = await roleOf(sessionId)
      if (role === undefined) this.endStreamsOf(sessionId)
      else this.roleChanged(userId, role)
    }
  }

  /** Somebody signed out, or was signed out. */
  endStreamsOf(sessionId: string): void {
    for (const { stream, actor } of this.#streams.values())
      if (actor.kind === 'user' && actor.sessionId === sessionId) stream.end('signed_out')
  }

  /** Somebody has another role from now on: streams that it does not allow are ended. */
  roleChanged(userId: string, role: Role | undefined): void {
    for (const { stream, actor } of this.#streams.values()) {
      if (actor.kind !== 'user' || actor.id !== userId) continue
      const mayStay = role !== undefined && [...stream.topics].every((name) => this.#allows(role, name))
      if (!mayStay) stream.end('permission_denied')
    }
  }

  close(): void {
    for (const { stream } of this.#streams.values()) stream.end('server_shutdown')
  }

  /** States are told anew; what happened is told from where it was broken off. */
  #beginning(name: string, { resumes, missed }: { resumes: boolean; missed: boolean }): 'snapshot' | 'gap' | 'resumed' {
    if (!resumes) return 'snapshot'
    if (!missed) return 'gap'
    return this.#options.topicOf(name)?.poll === undefined ? 'resumed' : 'snapshot'
  }

  #check(actor: Actor, topics: readonly string[]): void {
    try {
      this.#checkEach(actor, topics)
    } catch (error) {
      // They were made to be looked at, and nobody follows them.
      for (const name of topics) this.#release(name)
      throw error
    }
  }

  #release(name: string): void {
    if (this.#followed.has(name)) return
    try {
      this.#options.topicOf(name)?.forget?.()
    } catch {
      // It is no name of a topic: nothing was made.
    }
  }

  #checkEach(actor: Actor, topics: readonly string[]): void {
    for (const name of topics) {
      const topic = this.#options.topicOf(name)
      if (topic === undefined) throw new AdminProblem('invalid_query', `There is no topic "${name.slice(0, 100)}"`)
      if (actor.kind === 'user' && !isAllowed(actor.role, topic.permission))
        throw new AdminProblem('permission_denied', `The role "${actor.role}" may not follow "${name}"`, {
          params: { permission: topic.permission },
        })
      if (actor.kind === 'user' && topic.onlyFor !== undefined && topic.onlyFor !== actor.name)
        throw new AdminProblem('permission_denied', 'This topic is somebody else’s')
    }
  }

  #allows(role: Role, name: string): boolean {
    const topic = this.#options.topicOf(name)
    return topic === undefined || isAllowed(role, topic.permission)
  }

  #run(): void {
    if (this.#stop !== undefined) return
    const unsubscribe = this.#options.events.subscribe((event) => {
      for (const { stream } of this.#streams.values()) stream.event(event)
    })
    const stopTicks = this.#options.every(TICK_MS, () => void this.#tick())
    this.#stop = () => {
      unsubscribe()
      stopTicks()
      this.#stopSamples?.()
      this.#stopSamples = undefined
    }
  }

  #closed(id: string): void {
    this.#streams.delete(id)
    this.#forgetUnfollowed()
    if (this.#streams.size > 0) return
    this.#stop?.()
    this.#stop = undefined
  }

  readonly #followed = new Set<string>()

  #forgetUnfollowed(): void {
    const wanted = this.#wanted()
    for (const name of this.#followed) {
      if (wanted.has(name)) continue
      this.#followed.delete(name)
      this.#options.topicOf(name)?.forget?.()
    }
    for (const name of wanted) this.#followed.add(name)
    this.#followSamples([...wanted].some((name) => this.#options.topicOf(name)?.wantsSamples === true))
  }

  /** They are made while somebody wants them, and not otherwise. */
  #followSamples(wanted: boolean): void {
    if (wanted === (this.#stopSamples !== undefined)) return
    this.#stopSamples?.()
    this.#stopSamples = wanted
      ? this.#options.events.subscribeSamples((event) => {
          for (const { stream } of this.#streams.values()) stream.event(event)
        })
      : undefined
  }

  #wanted(): Set<string> {
    return new Set([...this.#streams.values()].flatMap(({ stream }) => [...stream.topics]))
  }

  async #tick(): Promise<void> {
    this.#ticks += 1
    if (this.#ticks % PING_TICKS === 0) for (const { stream } of this.#streams.values()) stream.ping()
    // A store that is slow to answer is not asked twice at a time.
    if (this.#polling) return
    this.#polling = true
    this.#forgetUnfollowed()
    for (const name of this.#wanted()) {
      try {
        const change = await this.#options.topicOf(name)?.poll?.()
        if (change !== undefined) for (const { stream } of this.#streams.values()) stream.change(name, change)
      } catch (error) {
        this.#options.onError(error)
      }
    }
    this.#polling = false
  }
}

/** Those who have the machine share one. */
function sessionOf(actor: Actor): string {
  return actor.kind === 'user' ? `session ${actor.sessionId}` : actor.kind
}
