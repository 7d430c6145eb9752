import { configSchema } from '@jairouter/contract/config'
import { expect, onTestFinished, test } from 'vitest'
import { compile } from '../config/compile.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { Measured } from '../experiment/steps.ts'
import { startExperimentStepper, type ExperimentMove } from './experiment-stepper.ts'

function snapshotAt(at: number): Snapshot {
  const backends = ['a', 'b'].map((id, index) => ({
    id,
    type: 'openai-compatible',
    url: `http://127.0.0.1:${9_001 + index}`,
    models: ['m'],
  }))
  const targets = [
    { backend: 'a', model: 'm' },
    { backend: 'b', model: 'm', group: 'canary' },
  ]
  const steps = { group: 'canary', at, shares: [0.1, 0.5, 1], every: '1m', minimum: 10 }
  const experiment = { groups: [{ name: 'base' }, { name: 'canary' }], steps }
  const result = compile(
    configSchema.parse({ backends, models: [{ name: 'smart', aliases: ['other'], targets, experiment }] }),
    new Map(),
    { generation: 1 },
  )
  if ('problems' in result) throw new Error(JSON.stringify(result.problems))
  return result.snapshot
}

function start(measured: Readonly<Record<string, Measured>>, { fails = false } = {}) {
  let now = 0
  let at = 0.1
  const moves: ExperimentMove[] = []
  const failed: unknown[] = []
  const resets: string[] = []
  const stepper = startExperimentStepper({
    snapshot: () => snapshotAt(at),
    results: {
      of: (_id, group) => measured[group] ?? { requests: 0, errors: 0, p95Ms: undefined },
      since: () => 0,
      reset: (id) => resets.push(id),
    },
    wallClock: () => now,
    move: async (move) => {
      if (fails) throw new Error('the store is away')
      moves.push(move)
      at = move.share
    },
    onFailed: (_move, error) => failed.push(error),
  })
  onTestFinished(() => stepper.stop())
  return { moves, failed, resets, look: (time: number) => ((now = time), stepper.look()) }
}

const fine: Measured = { requests: 50, errors: 0, p95Ms: 10 }

test('a group grows step by step, once for all names of its model', async () => {
  const { moves, resets, look } = start({ base: fine, canary: fine })
  for (const time of [59_999, 60_000, 60_000, 70_000]) await look(time)
  expect(moves.map(({ share }) => share)).toEqual([0.5, 1])
  expect(moves[0]).toEqual({ service: 'chat', model: 'smart', group: 'canary', share: 0.5, reason: undefined })
  expect(resets.length).toBe(2)
})

test('a group that fails is taken out at once, and stays out', async () => {
  const { moves, look } = start({ base: fine, canary: { ...fine, errors: 20 } })
  await look(1)
  await look(100_000)
  expect(moves).toEqual([{ service: 'chat', model: 'smart', group: 'canary', share: 0, reason: 'error-rate' }])
})

test('a move that can’t be written is told, and tried again', async () => {
  const { failed, resets, look } = start({ base: fine, canary: fine }, { fails: true })
  await look(60_000)
  await look(65_000)
  expect(failed.length).toBe(2)
  expect(resets).toEqual([])
})
