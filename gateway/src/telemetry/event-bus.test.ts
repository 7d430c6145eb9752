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

  it('keeps samples apart, and makes none for nobody', () => {
    const bus = new EventBus({ now: () => 0, kept: 2, keptSamples: 3 })
    const seen: string[] = []
    bus.subscribe(({ type }) => seen.push(type))
    expect(bus.wantsSamples).toBe(false)
    const stop = bus.subscribeSamples(({ type }) => seen.push(`sample ${type}`))
    expect(bus.wantsSamples).toBe(true)
    bus.publish('a', '1', 0)
    for (let count = 2; count <= 6; count += 1) bus.publishSample('decisions', String(count), 0)
    bus.publish('a', '7', 0)
    stop()
    expect(bus.wantsSamples).toBe(false)
    expect(seen).toEqual(['1', 'sample 2', 'sample 3', 'sample 4', 'sample 5', 'sample 6', '7'])
    // Of samples some are forgotten, and nothing that happened once.
    expect(bus.since(0)?.map(({ type }) => type)).toEqual(['1', '4', '5', '6', '7'])
    bus.publish('a', '8', 0)
    expect([bus.since(0), bus.since(1)?.map(({ type }) => type)]).toEqual([undefined, ['4', '5', '6', '7', '8']])
  })
})
