import { configSchema, type ConfigInput } from '@jairouter/contract/config'
import { describe, expect, test } from 'vitest'
import { compile } from './compile.ts'

type Model = NonNullable<ConfigInput['models']>[number]

const BACKENDS = ['a', 'b', 'c'].map((id, index) => ({
  id,
  type: 'openai-compatible',
  url: `http://127.0.0.1:${9_001 + index}`,
  models: ['m'],
}))

function compiled(model: Partial<Model>, backends: readonly NonNullable<ConfigInput['backends']>[number][] = BACKENDS) {
  const targets = [
    { backend: 'a', model: 'm' },
    { backend: 'b', model: 'm', group: 'canary' },
    { backend: 'c', model: 'm', group: 'dark' },
  ]
  const config = configSchema.parse({ backends, models: [{ name: 'smart', targets, ...model }] })
  const result = compile(config, new Map(), { generation: 1 })
  if ('problems' in result) return { problems: result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`) }
  const experiment = result.snapshot.routes.get('chat')?.get('smart')?.experiment
  return { experiment, problems: [] }
}

const GROUPS = [{ name: 'base', weight: 9 }, { name: 'canary' }, { name: 'dark', weight: 0 }]

describe('an experiment', () => {
  test('has a route for each group: its own instances, then those that stand in', () => {
    const { experiment } = compiled({ experiment: { groups: GROUPS } })
    expect(experiment?.groups.map(({ name, share }) => [name, share])).toEqual([
      ['base', 0.9],
      ['canary', 0.1],
      ['dark', 0],
    ])
    expect(
      experiment?.routes.map(({ place, instances }) => [place?.group, ...instances.map(({ id, priority }) => `${id} ${priority}`)]),
    ).toEqual([
      ['base', 'a/m 1', 'b/m 101'],
      ['canary', 'b/m 1', 'a/m 101'],
      ['dark', 'c/m 1', 'a/m 101', 'b/m 101'],
    ])
  })

  test('copies go to the shadow group alone, and are asked once', () => {
    const { experiment } = compiled({
      fallback: [{ response: { content: 'later' } }],
      retry: { attempts: 3 },
      experiment: { groups: GROUPS, shadow: { group: 'dark', share: 0.5 } },
    })
    expect(experiment?.shadowRoute?.instances.map(({ id }) => id)).toEqual(['c/m'])
    expect(experiment?.shadowRoute?.policy).toMatchObject({ fallback: [], retry: { attempts: 1 }, queue: { size: 0 } })
  })

  test('a group that grows has its share, the others divide the rest', () => {
    const steps = { group: 'canary', at: 0.2, shares: [1, 0.2, 0.5] }
    const { experiment } = compiled({
      experiment: { groups: [{ name: 'base' }, { name: 'canary', weight: 70 }, { name: 'dark', weight: 3 }], steps },
    })
    expect(experiment?.groups.map(({ share }) => share)).toEqual([0.2, 0.2, 0.6000000000000001])
    expect(experiment?.steps?.shares).toEqual([0.2, 0.5, 1])
  })

  test('is not there while it is off', () => {
    expect(compiled({ experiment: { enabled: false, groups: GROUPS } })).toEqual({ experiment: undefined, problems: [] })
  })

  test('a disabled backend is in no group', () => {
    const { experiment } = compiled(
      { experiment: { groups: GROUPS } },
      BACKENDS.map((backend) => ({ ...backend, enabled: backend.id !== 'c' })),
    )
    expect(experiment?.routes[2]?.instances.map(({ id }) => id)).toEqual(['a/m', 'b/m'])
  })

  const wrong: readonly (readonly [string, Partial<Model>, readonly string[]])[] = [
    [
      'a group of a target without an experiment',
      {},
      ['models.0.targets.1.group: the model has no experiment', 'models.0.targets.2.group: the model has no experiment'],
    ],
    [
      'a target of an unknown group',
      { experiment: { groups: [{ name: 'base' }, { name: 'canari' }, { name: 'dark' }] } },
      [
        'models.0.targets.1.group: unknown group "canary"; did you mean "canari"?',
        'models.0.experiment.groups.1: no target of the model is of group "canari"',
      ],
    ],
    [
      'a name twice',
      { experiment: { groups: [...GROUPS, { name: 'dark' }] } },
      ['models.0.experiment.groups.3.name: "dark" is already the name of a group'],
    ],
    [
      'a rule, a shadow and steps of unknown groups',
      {
        experiment: {
          groups: GROUPS,
          rules: [{ group: 'x' }],
          shadow: { group: 'y', share: 1 },
          steps: { group: 'z', at: 0, shares: [1] },
        },
      },
      [
        'models.0.experiment.rules.0.group: unknown group "x"',
        'models.0.experiment.shadow.group: unknown group "y"',
        'models.0.experiment.steps.group: unknown group "z"',
      ],
    ],
    [
      'no weight at all',
      { experiment: { groups: GROUPS.map(({ name }) => ({ name, weight: 0 })) } },
      ['models.0.experiment.groups: no group has a weight: nobody would get an answer'],
    ],
  ]
  test.each(wrong)('%s', (_name, model, problems) => {
    expect(compiled(model).problems).toEqual(problems)
  })
})
