import { BANDS } from '@jairouter/contract/names'
import { describe, expect, it } from 'vitest'
import { FairQueue, type Waiting } from './fair-queue.ts'

interface Entry extends Waiting {
  readonly name: string
}

const entry = (name: string, rest: Partial<Waiting> = {}): Entry => ({
  name,
  band: 'default',
  flow: 'a',
  weight: 1,
  bytes: 1,
  deadline: undefined,
  queuedAt: 0,
  ...rest,
})
const ALL = () => true

function queueOf(entries: readonly Entry[] = [], limits = { size: 100, bytes: 1_000 }): FairQueue<Entry> {
  const queue = new FairQueue<Entry>(limits)
  for (const one of entries) expect(queue.push(one, one.queuedAt)).toEqual({ kind: 'queued', displaced: undefined })
  return queue
}

/** The names of the next ones, at most twenty, all at one time. */
function drain(queue: FairQueue<Entry>, now = 0, fits: (entry: Entry) => boolean = ALL): string {
  const names: string[] = []
  for (let taken = queue.next(now, fits); taken !== undefined && names.length < 20; taken = queue.next(now, fits)) names.push(taken.name)
  return names.join(' ')
}

function named(pushed: ReturnType<FairQueue<Entry>['push']>): string {
  return pushed.kind === 'full' ? 'full' : (pushed.displaced?.name ?? 'queued')
}

describe('order', () => {
  it('has the bands, highest first', () => {
    expect(BANDS).toEqual(['system', 'interactive', 'default', 'batch'])
    const queue = queueOf([...BANDS].reverse().map((band) => entry(band, { band })))
    expect(drain(queue)).toBe('system interactive default batch')
    expect(queue.next(0, ALL)).toBeUndefined()
    expect([queue.size, queue.bytes]).toEqual([0, 0])
  })

  it('has the earliest deadline of a flow first, then those without, as they came', () => {
    const queue = queueOf([
      entry('none-1'),
      entry('late', { deadline: 300 }),
      entry('none-2'),
      entry('early', { deadline: 100 }),
      entry('late-too', { deadline: 300 }),
      entry('middle', { deadline: 200 }),
    ])
    expect(drain(queue)).toBe('early middle late late-too none-1 none-2')
  })

  it('has one that came back where it was', () => {
    const queue = queueOf([entry('first', { queuedAt: 10 }), entry('second', { queuedAt: 20 }), entry('third', { queuedAt: 20 })])
    const first = queue.next(30, ALL)
    expect(first?.name).toBe('first')
    if (first !== undefined) queue.push(first, 40)
    expect(drain(queue, 40)).toBe('first second third')
  })

  it('has flows in turn while none has received anything', () => {
    const queue = queueOf(['a', 'b', 'c'].flatMap((flow, index) => [1, 2].map((n) => entry(`${flow}${n}`, { flow, queuedAt: index }))))
    expect(drain(queue)).toBe('a1 b1 c1 a2 b2 c2')
  })

  it('has the flow first that received the least for its weight', () => {
    const queue = queueOf(['a', 'b', 'c'].map((flow) => entry(flow, { flow, weight: flow === 'a' ? 3 : 1 })))
    queue.charge('a', 200, 0)
    queue.charge('b', 70, 0)
    queue.charge('c', 60, 0)
    expect(drain(queue)).toBe('c a b')
  })

  it('weighs a flow by its latest entry', () => {
    const queue = queueOf([entry('a1'), entry('b', { flow: 'b' }), entry('a2', { weight: 2 })])
    queue.charge('a', 150, 0)
    queue.charge('b', 100, 0)
    expect(queue.next(0, ALL)?.name).toBe('a1')
  })

  it('forgets half of what was received in a minute', () => {
    const queue = queueOf(['a', 'b'].map((flow) => entry(flow, { flow, queuedAt: 60_000 })))
    queue.charge('a', 199, 0)
    queue.charge('b', 100, 60_000)
    expect(drain(queue, 60_000)).toBe('a b')
  })
})

describe('one that was idle', () => {
  it('starts at the least that those who wait have had', () => {
    const queue = queueOf([entry('a', { flow: 'a' }), entry('b', { flow: 'b' })])
    queue.charge('a', 1_000, 0)
    queue.charge('b', 2_000, 0)
    queue.push(entry('idle', { flow: 'idle', queuedAt: 1 }), 1)
    // Level with a, which has waited longer; what it receives counts from there.
    queue.charge('idle', 900, 1)
    expect(drain(queue, 1)).toBe('a idle b')
  })

  it('keeps what it had where that is more', () => {
    const queue = queueOf([entry('a', { flow: 'a' })])
    queue.charge('a', 1_000, 0)
    queue.charge('greedy', 1_500, 0)
    queue.push(entry('greedy', { flow: 'greedy' }), 0)
    queue.charge('a', 400, 0)
    expect(drain(queue)).toBe('a greedy')
  })

  it('is lifted as its weight says', () => {
    const queue = queueOf([entry('a', { flow: 'a', weight: 2 })])
    queue.charge('a', 1_000, 0)
    queue.push(entry('b', { flow: 'b', weight: 3 }), 0)
    // Both are at 500 now: 1,500 of b's.
    queue.charge('b', 300, 0)
    queue.charge('a', 190, 0)
    expect(drain(queue)).toBe('a b')
  })

  it('is behind those whom it was lifted to, whatever the weights', () => {
    const weights = Array.from({ length: 19 }, (_, index) => (index + 1) / 7)
    const queue = queueOf()
    queue.charge('first', 60_001, 0)
    queue.push(entry('first', { flow: 'first' }), 0)
    for (const weight of weights) queue.push(entry(`${weight}`, { flow: `${weight}`, weight }), 0)
    expect(drain(queue)).toBe(['first', ...weights].join(' '))
  })

  it('starts, where nobody waits, at what the last one had, with all that it received since', () => {
    const queue = queueOf([entry('a1', { flow: 'a' })])
    queue.charge('a', 1_000, 0)
    expect(drain(queue)).toBe('a1')
    queue.charge('a', 1_000, 0)
    queue.push(entry('b', { flow: 'b', queuedAt: 1 }), 1)
    queue.push(entry('a2', { flow: 'a', queuedAt: 2 }), 2)
    queue.charge('b', 1, 2)
    expect(drain(queue, 2)).toBe('a2 b')
  })

  it('is lifted in its own band only', () => {
    const queue = queueOf([entry('hungry', { flow: 'hungry', band: 'batch' }), entry('a', { flow: 'a', band: 'interactive' })])
    queue.charge('a', 1_000, 0)
    queue.push(entry('idle', { flow: 'idle', band: 'interactive' }), 0)
    queue.charge('idle', 10, 0)
    expect(drain(queue)).toBe('a idle hungry')
  })

  it('keeps one account over all bands', () => {
    const queue = queueOf([entry('a', { flow: 'a' }), entry('b', { flow: 'b' }), entry('b2', { flow: 'b', band: 'batch' })])
    queue.charge('b', 10, 0)
    expect(drain(queue)).toBe('a b b2')
    for (const name of ['b', 'c']) queue.push(entry(name, { flow: name, band: 'batch' }), 0)
    expect(drain(queue)).toBe('b c')
  })
})

describe('who does not fit', () => {
  it('is passed over, in its flow as among flows and bands, and keeps its place', () => {
    const queue = queueOf([
      entry('system', { band: 'system' }),
      entry('a1'),
      entry('a2'),
      entry('b1', { flow: 'b' }),
      entry('batch', { band: 'batch' }),
    ])
    const onlyThese = (...names: string[]) => queue.next(1, ({ name }) => names.includes(name))?.name
    expect(onlyThese()).toBeUndefined()
    expect(queue.size).toBe(5)
    expect(onlyThese('a2', 'b1', 'batch')).toBe('a2')
    expect(onlyThese('batch')).toBe('batch')
    expect(drain(queue, 1)).toBe('system b1 a1')
  })
})

describe('starvation', () => {
  const BOUNDS = { interactive: 5_000, default: 30_000, batch: 30_000 } as const

  it.each(['interactive', 'default', 'batch'] as const)('gives %s one turn when it was not served for longer than it should', (band) => {
    const bound = BOUNDS[band]
    const queue = queueOf([entry('low', { band }), entry('low-2', { band, queuedAt: 1 })])
    for (let n = 1; n <= 5; n += 1) queue.push(entry(`high-${n}`, { band: 'system' }), 0)
    expect(queue.next(bound, ALL)?.name).toBe('high-1')
    expect(queue.next(bound + 1, ALL)?.name).toBe('low')
    expect(queue.next(bound + 1, ALL)?.name).toBe('high-2')
    expect(queue.next(bound + 1 + bound, ALL)?.name).toBe('high-3')
    expect(queue.next(bound + 2 + bound, ALL)?.name).toBe('low-2')
  })

  it('counts from when the band began to wait, again each time', () => {
    const queue = queueOf([entry('one', { band: 'batch' }), entry('high-1', { queuedAt: 25_000 })])
    expect(drain(queue, 25_000)).toBe('high-1 one')
    queue.push(entry('two', { band: 'batch', queuedAt: 29_000 }), 29_000)
    queue.push(entry('three', { band: 'batch', queuedAt: 40_000 }), 40_000)
    queue.push(entry('high-2', { queuedAt: 40_000 }), 40_000)
    queue.push(entry('high-3', { queuedAt: 40_000 }), 40_000)
    expect(queue.next(59_000, ALL)?.name).toBe('high-2')
    expect(queue.next(59_001, ALL)?.name).toBe('two')
    expect(drain(queue, 59_001)).toBe('high-3 three')
  })

  it('is no reason to pass over more than every other turn, the most overdue band first', () => {
    const queue = queueOf([
      ...[1, 2].map((n) => entry(`interactive-${n}`, { band: 'interactive', queuedAt: 27_000 })),
      ...[1, 2].map((n) => entry(`default-${n}`, { queuedAt: 1 })),
      ...[1, 2].map((n) => entry(`batch-${n}`, { band: 'batch' })),
      ...[1, 2, 3, 4, 5].map((n) => entry(`system-${n}`, { band: 'system', queuedAt: 32_500 })),
    ])
    expect(drain(queue, 32_600)).toBe(
      'batch-1 system-1 default-1 system-2 interactive-1 system-3 system-4 system-5 interactive-2 default-2 batch-2',
    )
  })

  it('is not what lets a band go first that is the first', () => {
    const queue = queueOf([entry('batch', { band: 'batch' }), entry('default')])
    queue.push(entry('default-2'), 0)
    // default and batch are equally overdue: default is the first of the bands that have any, so its turn was no favour.
    expect(drain(queue, 31_000)).toBe('default batch default-2')
  })

  it('of one band is no less urgent when another was taken out of turn because it fitted', () => {
    const queue = queueOf([
      entry('system', { band: 'system' }),
      entry('interactive', { band: 'interactive' }),
      entry('default', { queuedAt: 5_000 }),
    ])
    expect(queue.next(5_000, ({ band }) => band === 'default')?.name).toBe('default')
    expect(drain(queue, 5_001)).toBe('interactive system')
  })

  it('of the highest band counts too: the most overdue goes first', () => {
    const first = (queuedAt: number) =>
      queueOf([entry('system', { band: 'system' }), entry('interactive', { band: 'interactive', queuedAt })]).next(40_000, ALL)?.name
    expect([first(24_999), first(25_000), first(25_001)]).toEqual(['interactive', 'system', 'system'])
  })

  it('of what does not fit stays until it does', () => {
    const queue = queueOf([entry('batch', { band: 'batch' }), entry('default-1', { queuedAt: 1 }), entry('default-2', { queuedAt: 1 })])
    expect(queue.next(30_001, ({ band }) => band !== 'batch')?.name).toBe('default-1')
    expect(queue.next(30_001, ALL)?.name).toBe('batch')
  })

  it('gives the flow that was unserved longest every other turn of its band', () => {
    const flows = ['old', 'older', 'least']
    const queue = queueOf([
      ...[1, 2, 3].map((n) => entry(`old-${n}`, { flow: 'old', queuedAt: 10 })),
      ...[1, 2].map((n) => entry(`older-${n}`, { flow: 'older', queuedAt: 0 })),
      ...[1, 2, 3].map((n) => entry(`least-${n}`, { flow: 'least', queuedAt: 20 })),
    ])
    for (const [index, flow] of flows.entries()) queue.charge(flow, 1_000 - 100 * index, 20)
    expect(queue.next(30_000, ALL)?.name).toBe('least-1')
    expect(drain(queue, 30_011)).toBe('older-1 least-2 old-1 least-3 older-2 old-2 old-3')
  })

  it('of a flow counts from when it was served, in its own band', () => {
    const queue = queueOf([entry('a1'), entry('a2'), entry('b', { flow: 'b', queuedAt: 20_000 })])
    queue.charge('a', 1_000, 0)
    queue.charge('b', 2_000, 0)
    expect(queue.next(20_000, ALL)?.name).toBe('a1')
    queue.charge('a', 2_000, 20_000)
    // a was served at 20 s, b came then: neither starves at 50 s, and b has had less.
    expect(queue.next(50_000, ALL)?.name).toBe('b')
    expect(queue.next(50_001, ALL)?.name).toBe('a2')
  })
})

describe('limits', () => {
  it('are those of each band: as many, and as many bytes', () => {
    const queue = queueOf([entry('a1', { bytes: 6 }), entry('a2', { bytes: 4 })], { size: 3, bytes: 10 })
    expect(named(queue.push(entry('bytes', { bytes: 1 }), 0))).toBe('full')
    expect(named(queue.push(entry('nothing', { bytes: 0 }), 0))).toBe('queued')
    expect(named(queue.push(entry('size', { bytes: 0 }), 0))).toBe('full')
    expect(named(queue.push(entry('other', { band: 'system', bytes: 10 }), 0))).toBe('queued')
    expect(named(queue.push(entry('too large', { band: 'batch', bytes: 11 }), 0))).toBe('full')
    expect([queue.size, queue.bytes]).toEqual([4, 20])
    expect(drain(queue)).toBe('other a1 a2 nothing')
    expect([queue.size, queue.bytes]).toEqual([0, 0])
    expect(named(queue.push(entry('again', { bytes: 10 }), 0))).toBe('queued')
  })

  it('of nothing take nobody', () => {
    expect(named(new FairQueue<Entry>({ size: 0, bytes: 10 }).push(entry('a'), 0))).toBe('full')
  })

  it('let the newest of the lowest band below give way', () => {
    const queue = queueOf(
      [
        entry('batch-1', { band: 'batch', flow: 'x', queuedAt: 5 }),
        entry('batch-2', { band: 'batch', flow: 'y', queuedAt: 6 }),
        entry('default-1', { queuedAt: 7 }),
        entry('inter-1', { band: 'interactive', queuedAt: 8 }),
        entry('inter-2', { band: 'interactive', queuedAt: 9 }),
      ],
      { size: 2, bytes: 100 },
    )
    const pushed = [1, 2, 3, 4].map((n) => named(queue.push(entry(`more-${n}`, { band: 'interactive', queuedAt: 10 }), 10)))
    expect(pushed).toEqual(['batch-2', 'batch-1', 'default-1', 'full'])
    // The places stay taken in the bands that they came from.
    expect(named(queue.push(entry('batch-3', { band: 'batch', queuedAt: 10 }), 10))).toBe('full')
    expect(named(queue.push(entry('default-2', { queuedAt: 10 }), 10))).toBe('queued')
    expect(named(queue.push(entry('default-3', { queuedAt: 10 }), 10))).toBe('full')
    expect([queue.size, queue.bytes]).toEqual([6, 6])
    expect(drain(queue, 10)).toBe('inter-1 inter-2 more-1 more-2 more-3 default-2')
    expect([queue.size, queue.bytes]).toEqual([0, 0])
    expect(queueOf([], { size: 2, bytes: 100 }).size).toBe(0)
  })

  it('let one give way only for one of a higher band', () => {
    const queue = queueOf([entry('high', { band: 'interactive' }), entry('own')], { size: 1, bytes: 100 })
    expect(named(queue.push(entry('new'), 0))).toBe('full')
    expect(drain(queue)).toBe('high own')
  })

  it('let the one that came last give way, whatever its deadline and in whichever order they were pushed', () => {
    const queue = queueOf(
      [
        entry('came-1', { band: 'batch', queuedAt: 1 }),
        entry('came-3', { band: 'batch', queuedAt: 3, deadline: 10 }),
        entry('came-3-too', { band: 'batch', queuedAt: 3, flow: 'b' }),
        entry('came-2', { band: 'batch', queuedAt: 2 }),
        entry('own'),
      ],
      { size: 4, bytes: 4 },
    )
    for (let n = 0; n < 3; n += 1) queue.push(entry(`own-${n}`), 3)
    const pushed = [1, 2, 3, 4, 5].map((n) => named(queue.push(entry(`new-${n}`), 4)))
    expect(pushed).toEqual(['came-3-too', 'came-3', 'came-2', 'came-1', 'full'])
  })

  it('let nobody leave in vain', () => {
    const queue = queueOf([entry('batch', { band: 'batch', bytes: 4 }), entry('batch-0', { band: 'batch', bytes: 5 }), entry('own')], {
      size: 1e3,
      bytes: 10,
    })
    expect(named(queue.push(entry('own-2', { bytes: 9 }), 0))).toBe('queued')
    expect(named(queue.push(entry('too large', { bytes: 7 }), 0))).toBe('full')
    expect(queue.size).toBe(4)
    expect(named(queue.push(entry('fits', { bytes: 6 }), 0))).toBe('batch-0')
    expect([queue.size, queue.bytes]).toEqual([4, 20])
  })

  it('let the flow give way that holds the most of its own band, until the shares are equal', () => {
    const queue = queueOf(
      [1, 2, 3, 4].map((n) => entry(`a${n}`, { flow: 'a', queuedAt: n })),
      { size: 4, bytes: 100 },
    )
    expect(named(queue.push(entry('a5', { queuedAt: 5 }), 5))).toBe('full')
    const pushed = [1, 2, 3].map((n) => named(queue.push(entry(`b${n}`, { flow: 'b', queuedAt: 5 }), 5)))
    expect(pushed).toEqual(['a4', 'a3', 'full'])
    expect(named(queue.push(entry('c1', { flow: 'c', queuedAt: 6 }), 6))).toBe('a2')
    expect(named(queue.push(entry('c2', { flow: 'c', queuedAt: 6 }), 6))).toBe('full')
    expect(named(queue.push(entry('d1', { flow: 'd', queuedAt: 6 }), 6))).toBe('b2')
    expect(named(queue.push(entry('e1', { flow: 'e', queuedAt: 6 }), 6))).toBe('full')
    expect(drain(queue, 7)).toBe('a1 b1 c1 d1')
  })

  it('are shared by weight', () => {
    const queue = queueOf(
      [1, 2, 3, 4].map((n) => entry(`a${n}`, { flow: 'a', weight: 3 })),
      { size: 4, bytes: 100 },
    )
    expect(named(queue.push(entry('b1', { flow: 'b' }), 0))).toBe('a4')
    expect(named(queue.push(entry('b2', { flow: 'b' }), 0))).toBe('full')
  })

  it('are shared by the newcomer as it is weighted now, and its own are never exchanged', () => {
    const queue = queueOf([entry('b1', { flow: 'b' })].concat([1, 2, 3].map((n) => entry(`a${n}`))), { size: 4, bytes: 100 })
    expect(named(queue.push(entry('a4', { weight: 10 }), 0))).toBe('b1')
    expect(named(queue.push(entry('a5', { weight: 10 }), 0))).toBe('full')
    const alone = queueOf([entry('a1')], { size: 1, bytes: 100 })
    expect(named(alone.push(entry('a2', { weight: 10 }), 0))).toBe('full')
  })

  it('are shared by bytes where those are scarcer', () => {
    const queue = queueOf(
      [entry('fat-1', { flow: 'fat', bytes: 40 }), entry('fat-2', { flow: 'fat', bytes: 40 })].concat(
        [1, 2, 3, 4].map((n) => entry(`many-${n}`, { flow: 'many', bytes: 5 })),
      ),
      { size: 10, bytes: 100 },
    )
    expect(named(queue.push(entry('too fat', { flow: 'b', bytes: 79 }), 0))).toBe('full')
    expect(named(queue.push(entry('b1', { flow: 'b', bytes: 40 }), 0))).toBe('fat-2')
    expect(named(queue.push(entry('b2', { flow: 'b', bytes: 1 }), 0))).toBe('full')
    expect([queue.size, queue.bytes]).toEqual([6, 100])
  })

  it('are not waited for twice', () => {
    const one = entry('one')
    const queue = queueOf([one])
    expect(() => queue.push(one, 0)).toThrow('does not wait yet')
    expect(queue.size).toBe(1)
  })
})

describe('what is remembered', () => {
  it('is who waits and who was served, and no more', () => {
    const queue = queueOf([entry('a'), entry('b', { flow: 'b' }), entry('b2', { flow: 'b', band: 'batch' })])
    expect(queue.knownFlows).toBe(2)
    queue.charge('b', 100, 0)
    drain(queue)
    expect(queue.knownFlows).toBe(1)
    for (let n = 0; n < 10_050; n += 1) queue.charge(`${n}`, 100, 0)
    expect(queue.knownFlows).toBe(10_000)
  })
})

describe('one that leaves', () => {
  it('is out once, from wherever it stood', () => {
    const entries = [1, 2, 3, 4, 5].map((n) => entry(`${n}`, { bytes: n, deadline: n % 2 === 0 ? 100 - n : undefined }))
    const queue = queueOf(entries)
    const [first, second, third] = entries
    for (const gone of [first, second, third]) {
      if (gone === undefined) continue
      expect(queue.remove(gone)).toBe(true)
      expect(queue.remove(gone)).toBe(false)
    }
    expect([queue.size, queue.bytes]).toEqual([2, 9])
    expect(drain(queue)).toBe('4 5')
    expect(queue.remove(entry('never came'))).toBe(false)
  })

  it('is out when it was taken or displaced', () => {
    const batch = entry('batch', { band: 'batch' })
    const own = entry('own')
    const queue = queueOf([batch, own], { size: 1, bytes: 10 })
    expect(named(queue.push(entry('new'), 0))).toBe('batch')
    expect(queue.remove(batch)).toBe(false)
    expect(queue.position(batch)).toBeUndefined()
    expect(queue.next(0, ALL)).toBe(own)
    expect(queue.remove(own)).toBe(false)
    expect(queue.position(own)).toBeUndefined()
  })
})

describe('position', () => {
  it('counts higher bands, the own flow, and others in turn', () => {
    const a = [1, 2, 3].map((n) => entry(`a${n}`))
    const b = [entry('b', { flow: 'b' })]
    const c = [1, 2, 3, 4, 5].map((n) => entry(`c${n}`, { flow: 'c' }))
    const low = entry('low', { band: 'batch' })
    const queue = queueOf([low, ...a, ...b, ...c, entry('high', { band: 'system' })])
    queue.charge('a', 20, 0)
    queue.charge('b', 30, 0)
    queue.charge('c', 10, 0)
    const positions = (entries: readonly Entry[]) => entries.map((one) => queue.position(one))
    expect(positions(c)).toEqual([2, 5, 7, 9, 10])
    expect(positions(a)).toEqual([3, 6, 8])
    expect(positions(b)).toEqual([4])
    expect(queue.position(low)).toBe(11)
  })

  it('counts those without service as they came', () => {
    const entries = ['a', 'b', 'c'].map((flow, index) => entry(flow, { flow, queuedAt: index }))
    const queue = queueOf(entries)
    expect(entries.map((one) => queue.position(one))).toEqual([1, 2, 3])
  })

  it('counts more turns for a greater weight', () => {
    const a = [1, 2, 3].map((n) => entry(`a${n}`, { flow: 'a' }))
    const b = [1, 2, 3, 4, 5, 6, 7].map((n) => entry(`b${n}`, { flow: 'b', weight: 3, queuedAt: 1 }))
    const queue = queueOf([...a, ...b])
    expect(a.map((one) => queue.position(one))).toEqual([1, 5, 9])
    expect(b.map((one) => queue.position(one))).toEqual([2, 3, 4, 6, 7, 8, 10])
  })

  it('is earlier for an earlier deadline', () => {
    const [late, early] = [entry('late', { deadline: 20 }), entry('early', { deadline: 10 })]
    const queue = queueOf([late, early])
    expect([queue.position(late), queue.position(early)]).toEqual([2, 1])
  })
})

describe('expected wait', () => {
  /** One of the flow `a` is taken every 100 ms, and none is left. */
  function drained(): FairQueue<Entry> {
    const queue = queueOf(Array.from({ length: 20 }, (_, n) => entry(`${n}`)))
    for (let now = 100; now <= 2_000; now += 100) queue.next(now, ALL)
    return queue
  }

  it('is 0 while the rate is unknown', () => {
    const queue = queueOf(Array.from({ length: 5 }, (_, n) => entry(`${n}`)))
    for (let now = 100; now <= 400; now += 100) queue.next(now, ALL)
    expect(queue.expectedWaitMs(400)).toBe(0)
    queue.next(500, ALL)
    expect(queue.expectedWaitMs(500)).toBeCloseTo(100, 0)
  })

  it('is that of the place behind all who wait', () => {
    const queue = drained()
    expect(queue.expectedWaitMs(9_000)).toBeCloseTo(100, 0)
    for (let n = 0; n < 9; n += 1) queue.push(entry(`more-${n}`, { queuedAt: 9_000 }), 9_000)
    expect(queue.expectedWaitMs(9_000)).toBeCloseTo(1_000, -1)
  })

  it('of a newcomer counts its band and its flow', () => {
    const queue = drained()
    queue.charge('a', 500, 2_000)
    for (let n = 0; n < 4; n += 1) queue.push(entry(`a-${n}`, { queuedAt: 2_000 }), 2_000)
    queue.push(entry('b', { flow: 'b', queuedAt: 2_000 }), 2_000)
    queue.push(entry('system', { band: 'system', queuedAt: 2_000 }), 2_000)
    queue.push(entry('batch', { band: 'batch', queuedAt: 2_000 }), 2_000)
    queue.charge('b', 400, 2_000)
    const places = (band: Waiting['band'], flow: string) =>
      Math.round(queue.expectedWaitMs(2_000, { band, flow, weight: 1 }) / (queue.expectedWaitMs(2_000) / 8))
    expect(places('default', 'a')).toBe(7)
    // b was lifted to a before it was charged: two of a's before its second, its first, and the system's.
    expect(places('default', 'b')).toBe(5)
    // Lifted to a, behind it, before b.
    expect(places('default', 'new')).toBe(3)
    queue.charge('greedy', 2_000, 2_000)
    expect(places('default', 'greedy')).toBe(4)
    expect(places('interactive', 'a')).toBe(2)
    expect(places('system', 'c')).toBe(2)
    expect(places('batch', 'c')).toBe(8)
  })

  it('grows while nobody is taken, but not while nobody waits', () => {
    const queue = drained()
    const [last, one] = [entry('last', { queuedAt: 5_000 }), entry('one', { queuedAt: 5_000 })]
    queue.push(last, 5_000)
    queue.push(one, 5_000)
    expect(queue.expectedWaitMs(65_000)).toBeGreaterThan(3_000)
    queue.remove(last)
    expect(queue.expectedWaitMs(65_000)).toBeGreaterThan(2_000)
    queue.remove(one)
    expect(queue.expectedWaitMs(65_000)).toBeCloseTo(100, 0)
  })

  it('goes on growing when all that wait were exchanged', () => {
    const queue = new FairQueue<Entry>({ size: 1, bytes: 10 })
    for (let n = 0; n < 5; n += 1) {
      queue.push(entry(`${n}`, { queuedAt: n * 100 }), n * 100)
      queue.next(n * 100 + 100, ALL)
    }
    const batch = entry('batch', { band: 'batch', queuedAt: 500 })
    const own = entry('own', { queuedAt: 500 })
    queue.push(batch, 500)
    queue.push(own, 500)
    expect(named(queue.push(entry('new', { queuedAt: 40_000 }), 40_000))).toBe('batch')
    queue.remove(own)
    expect(queue.expectedWaitMs(40_500)).toBeGreaterThan(10_000)
  })
})
