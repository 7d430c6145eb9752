import { describe, expect, it } from 'vitest'
import { EventBus } from './event-bus.ts'

describe('EventBus', () => {
  it('tells listeners in order, until they stop, whatever one of them throws', () => {
    const bus = new EventBus({ now: () => 7 })
    const seen: string[] = []
    bus.subscribe(() => {
      throw new Error('a broken listener')
    })
    const stop = bus.subscribe(({ sequence, topic, type, time }) => seen.push(`${sequence} ${topic} ${type} ${time}`))
    bus.publish('a', 'x', 1)
    bus.publish('b', 'y', 2)
    stop()
    bus.publish('a', 'z', 3)
    expect(seen).toEqual(['1 a x 7', '2 b y 7'])
  })

  it('gives what came since, and says where some of it is forgotten', () => {
    const bus = new EventBus({ now: () => 0, kept: 3 })
    expect(bus.since(0)).toEqual([])
    for (let count = 1; count <= 5; count += 1) bus.publish('a', String(count), count)
    expect(bus.since(2)?.map(({ type }) => type)).toEqual(['3', '4', '5'])
    expect(bus.since(5)).toEqual([])
    expect([bus.since(1), bus.since(6), bus.since(-1)]).toEqual([undefined, undefined, undefined])
  })
})
