import { effectSchema } from '@jairouter/contract/management/effect'
import type { ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { snapshotOf } from '../relay/fixtures/compiled.ts'
import { effectOf } from './effect.ts'

const A = { id: 'a', type: 'vllm', url: 'http://192.0.2.1', models: ['m', 'n'] }
const B = { id: 'b', type: 'vllm', url: 'http://192.0.2.2', models: ['m'] }
const KEY = { name: 'app', key: 'key-of-the-app', models: ['m', 'n'] }
const BEFORE: ConfigInput = {
  backends: [A, B],
  auth: { keys: [KEY] },
  services: { chat: { limits: [{ algorithm: 'sliding-window', limit: 10, window: '1m' }] } },
}

function effect(after: ConfigInput, { inFlight = 0, used = null }: { inFlight?: number; used?: number | null } = {}) {
  return effectSchema.parse(effectOf(snapshotOf(BEFORE), snapshotOf(after), { inFlightOf: () => inFlight, limitLevels: () => used }))
}

function of(models: readonly { readonly service: string; readonly model: string }[]) {
  return models.filter(({ service }) => service === 'chat').map(({ model }) => model)
}

it('of the same config is nothing', () => {
  const none = effect(BEFORE, { inFlight: 3 })
  expect(none).toEqual({ routes: { added: [], removed: [], changed: [] }, keys: [], limits: [], inFlight: [], notes: [] })
})

describe('is told', () => {
  it('of routes: those that come and go, and what is otherwise in the others', () => {
    const { routes } = effect({
      ...BEFORE,
      backends: [{ ...A, models: ['m', 'o'], weight: 4 }],
      defaults: { balance: 'random', timeouts: { total: '9m' } },
    })
    expect(of(routes.added)).toEqual(['o'])
    expect(of(routes.removed)).toEqual(['n'])
    expect(routes.changed.filter(({ service }) => service === 'chat')).toEqual([
      {
        service: 'chat',
        model: 'm',
        instancesAdded: [],
        instancesRemoved: ['b/m'],
        instancesChanged: ['a/m'],
        policy: ['balance', 'timeouts'],
        groups: [],
      },
    ])
  })

  it('of keys: what they lose and gain, and that they come, go or are switched off', () => {
    const keys = [
      { ...KEY, models: ['m', 'o'] },
      { name: 'new', key: 'key-that-is-new', models: ['m'] },
    ]
    expect(effect({ ...BEFORE, backends: [{ ...A, models: ['m', 'n', 'o'] }, B], auth: { keys } }).keys).toEqual([
      { name: 'app', loses: ['n'], gains: ['o'] },
      { name: 'new', loses: [], gains: ['m'], status: 'added' },
    ])
    expect(effect({ ...BEFORE, auth: { keys: [{ ...KEY, enabled: false }] } }).keys).toEqual([
      { name: 'app', loses: ['m', 'n'], gains: [], status: 'disabled' },
    ])
  })

  it('of limits: one that is changed is one row, with how much of it is used', () => {
    const services: ConfigInput['services'] = { chat: { limits: [{ algorithm: 'sliding-window', limit: 5, window: '1m' }] } }
    expect(effect({ ...BEFORE, services }, { used: 0.7 }).limits).toEqual([
      {
        place: 'service chat',
        scope: 'service',
        count: 'requests',
        was: { algorithm: 'sliding-window', limit: 10, windowMs: 60_000 },
        is: { algorithm: 'sliding-window', limit: 5, windowMs: 60_000 },
        used: 0.7,
      },
    ])
    expect(effect({ ...BEFORE, services: {} }).limits).toMatchObject([{ is: null }])
  })

  it('of requests in flight at instances that get no more, and of backends that are another server', () => {
    const moved = effect({ ...BEFORE, backends: [{ ...A, url: 'http://192.0.2.9' }] }, { inFlight: 2 })
    expect(moved.inFlight).toEqual(['a/m', 'a/n', 'b/m'].map((instance) => ({ instance, n: 2 })))
    expect(moved.notes).toEqual([{ code: 'address-changed', subject: 'a' }])
  })

  it('of what hangs on no single thing', () => {
    const open = effect({
      ...BEFORE,
      auth: { mode: 'none', keys: [] },
      server: { port: 9 },
      backends: [A, B, { id: 'c', type: 'vllm', url: 'http://192.0.2.3' }],
    })
    expect(open.notes).toEqual([{ code: 'open-to-all' }, { code: 'after-restart' }, { code: 'not-listed-yet', subject: 'c' }])
  })
})

it('tells of the groups of an experiment that have another share or other instances', () => {
  const targets = [
    { backend: 'a', model: 'm' },
    { backend: 'b', model: 'm', group: 'canary' },
  ]
  const config = (weight: number): ConfigInput => ({
    backends: ['a', 'b'].map((id) => ({ id, type: 'vllm', url: `http://192.0.2.1:${id === 'a' ? 1 : 2}`, models: ['m'] })),
    models: [{ name: 'smart', targets, experiment: { groups: [{ name: 'control' }, { name: 'canary', weight }] } }],
  })
  const ports = { inFlightOf: () => 0, limitLevels: () => null }
  const groupsOf = (before: ConfigInput, after: ConfigInput) =>
    effectOf(snapshotOf(before), snapshotOf(after), ports).routes.changed.map(({ model, groups }) => ({ model, groups }))
  expect(groupsOf(config(1), config(1))).toEqual([])
  expect(groupsOf(config(1), config(2))).toEqual([{ model: 'smart', groups: ['control', 'canary'] }])
})
