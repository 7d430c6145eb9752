import { describe, expect, it } from 'vitest'
import { Pending, type PendingItem } from './pending.ts'

const event = (sequence: number, topic: string) => ({ sequence, topic, type: 't', data: sequence, time: 0 })

function all(pending: Pending): string[] {
  const items: PendingItem[] = []
  for (let item = pending.next(); item !== undefined; item = pending.next()) items.push(item)
  return items.map((item) => {
    if (item.kind === 'snapshot') return `snapshot ${item.topic}${item.lost ? ' lost' : ''}`
    return `${item.kind} ${item.topic} ${JSON.stringify(item.data)}`
  })
}

describe('what waits for a reader', () => {
  it('is told in order: snapshots, what happened, what has changed', () => {
    const pending = new Pending()
    pending.addChange('state', 1, undefined)
    pending.addEvent(event(1, 'a'))
    pending.addEvent(event(2, 'b'))
    pending.addSnapshot('c', false)
    expect(pending.isCaughtUp).toBe(false)
    expect(all(pending)).toEqual(['snapshot c', 'event a 1', 'event b 2', 'change state 1'])
    expect(pending.isCaughtUp).toBe(true)
  })

  it('is one change of each topic, whatever comes', () => {
    const pending = new Pending()
    for (let count = 1; count <= 10_000; count += 1) {
      pending.addChange('sum', count, (older, newer) => Number(older) + Number(newer))
      pending.addChange('last', count, undefined)
    }
    expect(all(pending)).toEqual(['change sum 50005000', 'change last 10000'])
  })

  it('is dropped where it is too much, and its topics begin anew', () => {
    const pending = new Pending(3)
    for (let sequence = 1; sequence <= 3; sequence += 1) pending.addEvent(event(sequence, 'a'))
    pending.addEvent(event(4, 'b'))
    pending.addEvent(event(5, 'a'))
    expect(all(pending)).toEqual(['snapshot a lost', 'snapshot b lost', 'event a 5'])
  })

  it('leaves out changes that a snapshot has, and what is not followed any more', () => {
    const pending = new Pending()
    pending.addChange('a', 1, undefined)
    pending.addSnapshot('a', false)
    pending.addChange('a', 2, undefined)
    pending.addEvent(event(1, 'b'))
    pending.addChange('b', 1, undefined)
    pending.drop('b')
    expect(all(pending)).toEqual(['snapshot a'])
  })
})
