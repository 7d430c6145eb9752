import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedStream, SingleFlight, type Subscription } from './single-flight.ts'

describe('SingleFlight', () => {
  const flights = <T>(takesJoiners?: (flight: T) => boolean) => new SingleFlight<T>(takesJoiners)

  it('starts once for all that come while it lasts', () => {
    const flight = flights<object>()
    const [one, two] = [{}, {}]
    expect(flight.join('k', () => one)).toEqual({ flight: one, leader: true })
    const joined = flight.join('k', () => never())
    expect([joined.flight === one, joined.leader, flight.size]).toEqual([true, false, 1])
    expect(flight.join('other', () => two)).toEqual({ flight: two, leader: true })
    expect(flight.size).toBe(2)
  })

  it('keeps the flight until the last has left, whoever began it', () => {
    const flight = flights<string>()
    flight.join('k', () => 'one')
    flight.join('k', never)
    flight.leave('k', 'one')
    expect(flight.join('k', never)).toEqual({ flight: 'one', leader: false })
    flight.leave('k', 'one')
    expect(flight.size).toBe(1)
    flight.leave('k', 'one')
    expect(flight.size).toBe(0)
    flight.leave('k', 'one')
    expect(flight.size).toBe(0)
    expect(flight.join('k', () => 'two')).toEqual({ flight: 'two', leader: true })
  })

  it('starts anew when the flight takes no joiners, and the old one’s members do not touch the new', () => {
    const closed = new Set<string>()
    const flight = flights<string>((name) => !closed.has(name))
    flight.join('k', () => 'one')
    closed.add('one')
    expect(flight.join('k', () => 'two')).toEqual({ flight: 'two', leader: true })
    flight.leave('k', 'one')
    expect(flight.join('k', never)).toEqual({ flight: 'two', leader: false })
    flight.leave('k', 'two')
    flight.leave('k', 'two')
    expect(flight.size).toBe(0)
  })

  it('keeps nothing of a start that throws', () => {
    const flight = flights<string>()
    expect(() => flight.join('k', never)).toThrow('not to be started')
    expect(flight.size).toBe(0)
    expect(flight.join('k', () => 'one').leader).toBe(true)
  })
})

function never(): never {
  throw new Error('not to be started')
}

function sharedStream(maximumBytes = 100) {
  const calls = { abandoned: 0 }
  const stream = new SharedStream({ maximumBytes, onAbandoned: () => (calls.abandoned += 1) })
  return { stream, calls }
}

const push = (stream: SharedStream, text: string) => stream.push(Buffer.from(text))

async function readAll(subscription: Subscription): Promise<string> {
  let text = ''
  for await (const chunk of subscription) text += chunk.toString()
  return text
}

const readerOf = (subscription: Subscription) => subscription[Symbol.asyncIterator]()
const textOf = async (read: Promise<IteratorResult<Buffer, unknown>>) => {
  const { done, value } = await read
  return done === true ? undefined : String(value)
}
/** Whether the promise has settled after all that could settle it without I/O. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const waiting = Symbol('waiting')
  await new Promise((resolve) => setImmediate(resolve))
  return (await Promise.race([promise, Promise.resolve(waiting)])) === waiting
}

describe('SharedStream', () => {
  it('gives all of it to those who were there, came late, and came after the end', async () => {
    const { stream, calls } = sharedStream()
    const first = readAll(stream.subscribe())
    push(stream, 'a')
    const late = readAll(stream.subscribe())
    push(stream, 'b')
    stream.end()
    expect(await Promise.all([first, late, readAll(stream.subscribe())])).toEqual(['ab', 'ab', 'ab'])
    expect([calls.abandoned, stream.readers]).toEqual([0, 0])
  })

  it('lets a reader wait for what comes next', async () => {
    const { stream } = sharedStream()
    const reader = readerOf(stream.subscribe())
    const [one, two] = [textOf(reader.next()), textOf(reader.next())]
    expect(await isPending(one)).toBe(true)
    push(stream, 'a')
    expect(await one).toBe('a')
    expect(await isPending(two)).toBe(true)
    stream.end()
    expect(await two).toBeUndefined()
    expect(await textOf(reader.next())).toBeUndefined()
  })

  it('fails every reader after what came before', async () => {
    const { stream, calls } = sharedStream()
    const waiting = readerOf(stream.subscribe())
    push(stream, 'a')
    const error = new Error('broken')
    expect(await textOf(waiting.next())).toBe('a')
    const next = waiting.next()
    stream.fail(error)
    await expect(next).rejects.toBe(error)
    expect(await textOf(waiting.next())).toBeUndefined()
    const late = readerOf(stream.subscribe())
    expect(await textOf(late.next())).toBe('a')
    await expect(late.next()).rejects.toBe(error)
    expect([calls.abandoned, stream.readers]).toEqual([0, 0])
  })

  it('ends once, and takes nothing after it', async () => {
    const { stream } = sharedStream()
    push(stream, 'a')
    stream.end()
    stream.fail(new Error('late'))
    expect(push(stream, 'b')).toBeUndefined()
    expect([await readAll(stream.subscribe()), stream.heldBytes]).toEqual(['a', 1])
    const failed = sharedStream().stream
    failed.fail(new Error('first'))
    failed.end()
    await expect(readAll(failed.subscribe())).rejects.toThrow('first')
  })

  it('takes joiners while it is under way and whole', () => {
    const ended = sharedStream().stream
    expect(ended.takesJoiners).toBe(true)
    ended.end()
    expect(ended.takesJoiners).toBe(false)
    const failed = sharedStream().stream
    failed.fail(new Error('x'))
    expect(failed.takesJoiners).toBe(false)
    const left = sharedStream().stream
    left.subscribe().unsubscribe()
    expect(left.takesJoiners).toBe(false)
    expect(() => left.subscribe()).toThrow('This stream takes no more readers')
  })

  it('takes no joiners beyond its bound, while those who are there get all of it', async () => {
    const { stream } = sharedStream(3)
    const reading = readAll(stream.subscribe())
    push(stream, 'abc')
    expect(stream.takesJoiners).toBe(true)
    const late = readAll(stream.subscribe())
    push(stream, 'd')
    expect(stream.takesJoiners).toBe(false)
    expect(() => stream.subscribe()).toThrow('This stream takes no more readers')
    stream.end()
    expect(await Promise.all([reading, late])).toEqual(['abcd', 'abcd'])
  })

  it('keeps every chunk once, and beyond its bound only what the slowest has yet to read', async () => {
    const { stream } = sharedStream(4)
    const fast = readerOf(stream.subscribe())
    const slow = readerOf(stream.subscribe())
    push(stream, 'ab')
    push(stream, 'cd')
    const [one, other] = [await fast.next(), await slow.next()]
    expect([one.value === other.value, stream.heldBytes]).toEqual([true, 4])
    push(stream, 'e')
    expect(stream.heldBytes).toBe(3)
    expect([await textOf(fast.next()), await textOf(fast.next()), stream.heldBytes]).toEqual(['cd', 'e', 3])
    expect([await textOf(slow.next()), stream.heldBytes]).toEqual(['cd', 1])
    expect([await textOf(slow.next()), stream.heldBytes]).toEqual(['e', 0])
  })

  it('asks the source to pause while the slowest lags more than the bound', async () => {
    const { stream } = sharedStream(4)
    const fast = readerOf(stream.subscribe())
    const subscription = stream.subscribe()
    const slow = readerOf(subscription)
    expect(push(stream, 'abcd')).toBeUndefined()
    const room = push(stream, 'ef') ?? never()
    expect(push(stream, 'gh')).toBe(room)
    for (let count = 0; count < 3; count += 1) await fast.next()
    expect([await isPending(room), stream.heldBytes]).toEqual([true, 8])
    await slow.next()
    expect([await isPending(room), stream.heldBytes]).toEqual([false, 4])
    const again = push(stream, 'i') ?? never()
    expect(await isPending(again)).toBe(true)
    subscription.unsubscribe()
    expect([await isPending(again), stream.heldBytes, stream.readers]).toEqual([false, 1, 1])
  })

  it.each<[string, (stream: SharedStream, subscription: Subscription) => void]>([
    ['the end', (stream) => stream.end()],
    ['a failure', (stream) => stream.fail(new Error('x'))],
    ['the last reader’s leave', (_stream, subscription) => subscription.unsubscribe()],
  ])('lets a paused source go at %s', async (_name, act) => {
    const { stream } = sharedStream(1)
    const subscription = stream.subscribe()
    const room = push(stream, 'ab') ?? never()
    expect(await isPending(room)).toBe(true)
    act(stream, subscription)
    expect(await isPending(room)).toBe(false)
  })

  it('holds nothing beyond its bound for nobody', () => {
    const { stream } = sharedStream(2)
    expect([push(stream, 'ab'), stream.heldBytes]).toEqual([undefined, 2])
    expect([push(stream, 'c'), stream.heldBytes]).toEqual([undefined, 0])
  })

  it('keeps no empty chunk: it would cost memory and count nothing', async () => {
    const { stream } = sharedStream()
    const reader = readerOf(stream.subscribe())
    push(stream, '')
    push(stream, 'a')
    expect(await textOf(reader.next())).toBe('a')
  })

  it('goes on for the others when the leader’s client leaves, and is abandoned once when the last does', async () => {
    const { stream, calls } = sharedStream()
    const leader = stream.subscribe()
    const other = stream.subscribe()
    const waiting = readerOf(leader).next()
    leader.unsubscribe()
    leader.unsubscribe()
    expect([await textOf(waiting), calls.abandoned, stream.readers]).toEqual([undefined, 0, 1])
    push(stream, 'a')
    expect(await textOf(readerOf(other).next())).toBe('a')
    const last = readerOf(other).next()
    other.unsubscribe()
    other.unsubscribe()
    expect([await textOf(last), calls.abandoned, stream.readers, stream.heldBytes]).toEqual([undefined, 1, 0, 0])
    expect([push(stream, 'b'), stream.heldBytes]).toEqual([undefined, 0])
    stream.fail(new Error('aborted'))
    expect(calls.abandoned).toBe(1)
  })

  it('is left by a loop that breaks off', async () => {
    const { stream, calls } = sharedStream()
    push(stream, 'a')
    push(stream, 'b')
    for await (const chunk of stream.subscribe()) {
      expect(chunk.toString()).toBe('a')
      break
    }
    expect([calls.abandoned, stream.readers]).toEqual([1, 0])
    expect(await readerOf(sharedStream().stream.subscribe()).return?.()).toEqual({ done: true, value: undefined })
  })

  it('is not abandoned by a reader that leaves after the end', () => {
    const { stream, calls } = sharedStream()
    const subscription = stream.subscribe()
    stream.end()
    subscription.unsubscribe()
    expect(calls.abandoned).toBe(0)
  })

  it('answers reads that overlap in the order of their asking', async () => {
    const { stream } = sharedStream()
    const reader = readerOf(stream.subscribe())
    const waiting = reader.next()
    push(stream, 'a')
    const later = reader.next()
    push(stream, 'b')
    expect([await textOf(waiting), await textOf(later)]).toEqual(['a', 'b'])
  })

  it('gives each reader exactly the whole sequence, whatever the order of things', async () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), bytes: fc.uint8Array({ maxLength: 5 }) }),
      fc.record({ kind: fc.constant('subscribe' as const) }),
      fc.record({ kind: fc.constantFrom('read' as const, 'leave' as const), reader: fc.nat(5) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), fc.integer({ min: 0, max: 40 }), async (acts, bound) => {
        const { stream, calls } = sharedStream(bound)
        let sent = Buffer.alloc(0)
        const readers: { subscription: Subscription; left: boolean; reads: Promise<IteratorResult<Buffer, unknown>>[] }[] = []
        for (const step of acts) {
          if (step.kind === 'push') {
            if (calls.abandoned === 0) sent = Buffer.concat([sent, step.bytes])
            void stream.push(Buffer.from(step.bytes))
          } else if (step.kind === 'subscribe') {
            if (stream.takesJoiners) readers.push({ subscription: stream.subscribe(), left: false, reads: [] })
          } else {
            const reader = readers[step.reader]
            if (step.kind === 'read') reader?.reads.push(readerOf(reader.subscription).next())
            else if (reader !== undefined) {
              reader.left = true
              reader.subscription.unsubscribe()
            }
            await Promise.resolve()
          }
          const present = readers.filter(({ left }) => !left)
          expect([stream.readers, calls.abandoned]).toEqual([present.length, readers.length > 0 && present.length === 0 ? 1 : 0])
        }
        stream.end()
        for (const { subscription, left, reads } of readers) {
          const got: Buffer[] = []
          for (const { done, value } of await Promise.all(reads)) if (done !== true) got.push(value)
          for await (const chunk of subscription) got.push(chunk)
          const all = Buffer.concat(got)
          expect(all).toEqual(left ? sent.subarray(0, all.length) : sent)
        }
        expect(stream.readers).toBe(0)
      }),
      { numRuns: 3000 },
    )
  })
})
