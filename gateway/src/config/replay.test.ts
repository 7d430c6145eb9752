import type { ConfigInput } from '@jairouter/contract/config'
import { replaySchema } from '@jairouter/contract/management/effect'
import { describe, expect, it } from 'vitest'
import { snapshotOf } from '../relay/fixtures/compiled.ts'
import { replay, type ReplayedRequest } from './replay.ts'

const A = { id: 'a', type: 'vllm', url: 'http://192.0.2.1', models: ['m'] }
const B = { id: 'b', type: 'vllm', url: 'http://192.0.2.2', models: ['m'] }
const KEY = { name: 'app', key: 'key-of-the-app' }
const BEFORE: ConfigInput = { backends: [A, B], auth: { keys: [KEY] } }

function requests(count: number, more: Partial<ReplayedRequest> = {}): ReplayedRequest[] {
  const one = { endpoint: 'chat', model: 'm', key: 'app', address: '192.0.2.9', instance: 'a/m', tokens: 10 } as const
  return Array.from({ length: count }, (_, index) => ({ ...one, id: `r${index}`, at: 1_000 + index, ...more }))
}

function replayed(after: ConfigInput, recent = requests(8), before = BEFORE) {
  return replaySchema.parse(replay(recent, snapshotOf(before), snapshotOf(after)))
}

it('with the same config all goes as it went, whoever answered', () => {
  const recent = [...requests(3), ...requests(1, { instance: undefined }), ...requests(2, { instance: 'other/of-a-fallback' })]
  expect(replayed(BEFORE, recent)).toMatchObject({ n: 6, same: 6, elsewhere: 0, limited: 0, refused: 0 })
})

describe('counts', () => {
  it('those that another one would answer: it is gone, or not of the highest tier any more', () => {
    expect(replayed({ ...BEFORE, backends: [B] })).toMatchObject({ elsewhere: 8, examples: { elsewhere: ['r3', 'r4', 'r5', 'r6', 'r7'] } })
    expect(replayed({ ...BEFORE, backends: [{ ...A, priority: 2 }, B] })).toMatchObject({ elsewhere: 8 })
  })

  it('not those that a lower tier had answered already', () => {
    const before = { ...BEFORE, backends: [{ ...A, priority: 2 }, B] }
    expect(replayed({ ...before, defaults: { balance: 'random' } }, requests(4), before)).toMatchObject({ same: 4 })
  })

  it('those that would be refused: without their key, their model, or the one for the other', () => {
    expect(replayed({ ...BEFORE, auth: { keys: [{ ...KEY, name: 'other' }] } })).toMatchObject({ refused: 8 })
    expect(replayed({ ...BEFORE, auth: { keys: [{ ...KEY, models: ['n'] }] } })).toMatchObject({ refused: 8 })
    expect(replayed({ ...BEFORE, backends: [{ ...A, models: ['n'] }] })).toMatchObject({ refused: 8 })
    expect(replayed({ ...BEFORE, auth: { keys: [{ ...KEY, services: ['embedding'] }] } })).toMatchObject({ refused: 8 })
  })

  it('those beyond a limit that was not there, by whom it counts apart', () => {
    const limits = [{ algorithm: 'sliding-window', limit: 3, window: '1m', by: 'client-ip' } as const]
    const after = { ...BEFORE, defaults: { limits } }
    expect(replayed(after)).toMatchObject({ same: 3, limited: 5 })
    const apart = requests(8).map((request, index) => ({ ...request, address: `192.0.2.${index}` }))
    expect(replayed(after, apart)).toMatchObject({ same: 8 })
    expect(replayed(after, requests(8), after)).toMatchObject({ same: 8, limited: 0 })
    const tokens = [{ algorithm: 'sliding-window', limit: 25, window: '1m', by: 'key', count: 'tokens' } as const]
    expect(replayed({ ...BEFORE, defaults: { limits: tokens } })).toMatchObject({ limited: 6 })
  })
})

describe('knows the groups of experiments', () => {
  const targets = [
    { backend: 'a', model: 'm' },
    { backend: 'b', model: 'm', group: 'canary' },
  ]
  const smart = (experiment: object): ConfigInput => ({ ...BEFORE, models: [{ name: 'smart', targets, experiment: experiment as never }] })
  const asked = (instance: string) => requests(4, { model: 'smart', instance })
  const DRAWN = { groups: [{ name: 'control' }, { name: 'canary' }] }
  const ALL_TO_CANARY = { ...DRAWN, rules: [{ group: 'canary', keys: ['app'] }] }
  const NONE_TO_CANARY = { groups: [{ name: 'control' }, { name: 'canary', weight: 0 }] }

  it('where a rule or the weights send all of them elsewhere', () => {
    expect(replayed(smart(ALL_TO_CANARY), asked('a/m'), smart(DRAWN))).toMatchObject({ elsewhere: 4 })
    expect(replayed(smart(ALL_TO_CANARY), asked('b/m'), smart(DRAWN))).toMatchObject({ same: 4 })
    expect(replayed(smart(NONE_TO_CANARY), asked('b/m'), smart(DRAWN))).toMatchObject({ elsewhere: 4 })
  })

  it('and where they may come into either, all may go as it went', () => {
    expect(replayed(smart(DRAWN), asked('a/m'), smart(NONE_TO_CANARY))).toMatchObject({ same: 4 })
    const byHeader = { ...NONE_TO_CANARY, rules: [{ group: 'canary', header: { name: 'x-canary' } }] }
    expect(replayed(smart(byHeader), asked('b/m'), smart(DRAWN))).toMatchObject({ same: 4 })
  })
})
