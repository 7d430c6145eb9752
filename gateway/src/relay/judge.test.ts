import { expect, it } from 'vitest'
import { createMemory } from './memory.ts'
import { routeOf, snapshotOf } from './fixtures/compiled.ts'
import { judge } from './judge.ts'
import type { RelayPorts } from './ports.ts'
import { createRouteStates } from './route-states.ts'

/** The latency that an instance is known for after one call of 40 ms. */
function latencyAfter(timed: boolean | undefined): number[] {
  const memory = createMemory(() => 100)
  const route = routeOf(snapshotOf({ backends: [{ id: 'a', type: 'vllm', url: 'http://a:1', models: ['m'] }] }), 'm')
  const pool = createRouteStates(memory).of(route, 'chat')
  const [state] = pool
  if (state === undefined) throw new Error('no instance')
  const health: string[] = []
  const ports: Pick<RelayPorts, 'now' | 'random' | 'protection' | 'reportHealth'> = {
    now: () => 100,
    random: () => 0,
    protection: { breakerChanged: () => {}, credentialChanged: () => {} },
    reportHealth: (_backend, signal) => void health.push(signal),
  }
  const names = { backend: 'a', instance: 'a/m', upstreamModel: 'm' }
  const record = { ...names, sentAt: 60, arrivedAt: 100, outcome: 'ok', status: 200, durationMs: 40 }
  const verdict = { state, pool, permit: 0, record, failure: undefined }
  judge(timed === undefined ? verdict : { ...verdict, timed }, ports)
  expect(health).toEqual(['ok'])
  return [...state.latency]
}

it('a call tells how long answers take, a handshake does not', () => {
  expect(latencyAfter(false)).toEqual(latencyAfter(false).map(() => 0))
  expect(latencyAfter(undefined)).toContain(40)
  expect(latencyAfter(true)).toEqual(latencyAfter(undefined))
})
