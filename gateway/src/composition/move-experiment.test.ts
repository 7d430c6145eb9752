import { expect, it } from 'vitest'
import { openTestDesk } from '../../test/support/open-test-desk.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { moveExperiment } from './move-experiment.ts'

const experiment = (at: number) =>
  `experiment: { groups: [{ name: old }, { name: new }], steps: { group: new, at: ${at}, shares: [0.5, 1] } }, ` +
  'targets: [{ backend: a, model: x }, { backend: a, model: y, group: new }]'
const model = (name: string, service: string) => `  - { name: ${name}, service: ${service}, ${experiment(0.1)} }\n`
const BACKENDS = 'backends: [{ id: a, type: vllm, url: "http://a:8000", models: [x, y] }]\n'

it('changes the share of its own model, also when another change was under way', async () => {
  const { desk } = await openTestDesk({
    store: new MemoryStore(),
    seed: `${BACKENDS}models:\n${model('m', 'embedding')}${model('m', 'chat')}${model('n', 'chat')}`,
  })
  const move = { service: 'chat', model: 'm', group: 'new', share: 0.5, reason: undefined } as const
  const shares = () => desk.state.config.models.map(({ name, service, experiment }) => `${name} ${service} ${experiment?.steps?.at}`)
  await moveExperiment(desk, move)
  expect(shares()).toEqual(['m embedding 0.1', 'm chat 0.5', 'n chat 0.1'])

  const removing = desk.change({
    change: { edits: [{ op: 'remove', path: ['models', 0] }] },
    origin: { actor: { kind: 'cli' } },
    action: 'model.delete',
  })
  await expect(moveExperiment(desk, { ...move, share: 1 })).rejects.toMatchObject({ code: 'conflict' })
  await removing
  expect(shares()).toEqual(['m chat 0.5', 'n chat 0.1'])
  await moveExperiment(desk, { ...move, share: 1 })
  expect(shares()).toEqual(['m chat 1', 'n chat 0.1'])
})
