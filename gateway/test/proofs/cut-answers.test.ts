import { Agent } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RAW_MODEL } from '../support/proofs/answer-wire.ts'
import { askForCut, CUT_MODES, startCutting } from '../support/proofs/cut-answers.ts'
import { tally } from '../support/proofs/tally.ts'
import { endsIdle } from '../support/start-fleet.ts'
import { startGateway } from '../support/start-gateway.ts'

const SEED = 20_261_124
const CUTS = 300

describe.each(CUT_MODES.map((mode, index) => ({ ...mode, index })))(
  'a $what ($framing) cut at a random byte',
  ({ what, framing, index }) => {
    it(`is never passed off as complete, ${CUTS} times`, async () => {
      const backend = await startCutting(SEED)
      onTestFinished(() => backend.close())
      // Each cut is to be seen: nobody asks again, nobody is taken out.
      const gateway = await startGateway({
        defaults: { retry: { attempts: 1 }, breaker: { enabled: false } },
        backends: [{ id: 'cutting', type: 'openai-compatible', url: backend.url, models: [RAW_MODEL], health: { enabled: false } }],
      })
      endsIdle(gateway)
      const agent = new Agent({ keepAlive: true })
      onTestFinished(() => agent.destroy())
      const cuts = await tally(CUTS, 8, (number) => askForCut(gateway.url, agent, { number, mode: index }))
      expect(cuts.trialsOf('passed off')).toEqual([])
      const { counts } = cuts
      const known = what === 'json' ? ['refused'] : what === 'stream' ? ['refused', 'told'] : ['refused', 'broken off']
      const mayBeWhole = framing !== 'content-length'
      expect(
        Object.keys(counts)
          .filter((outcome) => outcome !== 'whole' || !mayBeWhole)
          .toSorted(),
      ).toEqual(known.toSorted())
      for (const outcome of known) expect(counts[outcome]).toBeGreaterThan(CUTS / 20)
      expect(counts['whole'] ?? 0).toBeLessThan(CUTS / 20)
    })
  },
)
