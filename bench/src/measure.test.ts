import { expect, test } from 'vitest'
import type { LoadResult } from './load-result.ts'
import { measure, warmUp } from './measure.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Target } from './targets.ts'

const GOOD: LoadResult = { requests: 10, errors: 0, durationMs: 1000, p50Ms: 1, p99Ms: 2 }
const BAD: LoadResult = { ...GOOD, errors: 1 }

function target(name: Target['name'], exited?: string): Target {
  return {
    name,
    port: 1,
    process: { pid: 2 ** 30, exited, firstLine: () => Promise.resolve(''), stop: () => Promise.resolve() },
  }
}

function loaderOf(answer: (run: string) => LoadResult) {
  const runs: string[] = []
  return {
    runs,
    loader: {
      description: '',
      run: (scenario: { id: string }, { name }: Target) => {
        runs.push(`${scenario.id} ${name}`)
        return Promise.resolve(answer(runs.at(-1) ?? ''))
      },
    },
  }
}

const TARGETS = [target('direct'), target('bare'), target('gateway')]
const scenarios = SCENARIOS.filter(({ id }) => id === 'json-small-1' || id === 'json-small-32')
const OPTIONS = { scenarios, targets: TARGETS, rounds: 2, seconds: 1, leadSeconds: 0, core: undefined, onWindow: () => {} }

test('targets take turns within a scenario, and who is first changes', async () => {
  const { runs, loader } = loaderOf(() => GOOD)
  await measure({ ...OPTIONS, loader })
  expect(runs).toEqual([
    'json-small-1 direct',
    'json-small-1 bare',
    'json-small-1 gateway',
    'json-small-32 bare',
    'json-small-32 gateway',
    'json-small-1 bare',
    'json-small-1 gateway',
    'json-small-1 direct',
    'json-small-32 gateway',
    'json-small-32 bare',
  ])
})

test('a void window is repeated once, and both are kept', async () => {
  const { loader } = loaderOf((run) => (run === 'json-small-32 gateway' ? BAD : GOOD))
  const windows = await measure({ ...OPTIONS, loader, rounds: 1 })
  const tries = windows.filter(({ scenario, target }) => scenario === 'json-small-32' && target === 'gateway')
  expect(tries.map(({ attempt, void: isVoid }) => ({ attempt, isVoid }))).toEqual([
    { attempt: 1, isVoid: true },
    { attempt: 2, isVoid: true },
  ])
  expect(windows).toHaveLength(6)
})

test('a target that has ended is said at once', async () => {
  const { loader } = loaderOf(() => GOOD)
  const targets = [target('bare'), target('gateway', 'node ended (1): out of memory')]
  await expect(measure({ ...OPTIONS, loader, targets })).rejects.toThrow('node ended (1): out of memory')
})

test('the warm-up meets every target in every scenario', async () => {
  const { runs, loader } = loaderOf(() => GOOD)
  await warmUp({ loader, scenarios, targets: TARGETS, seconds: 1 })
  expect(runs).toHaveLength(5)
})

test('a lead is the same load before the window, and is not counted', async () => {
  const { runs, loader } = loaderOf(() => GOOD)
  const windows = await measure({ ...OPTIONS, loader, rounds: 1, scenarios: scenarios.slice(0, 1), leadSeconds: 1 })
  expect(runs).toEqual(['direct', 'direct', 'bare', 'bare', 'gateway', 'gateway'].map((name) => `json-small-1 ${name}`))
  expect(windows).toHaveLength(3)
})
