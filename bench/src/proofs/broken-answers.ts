import { Agent } from 'node:http'
import { RAW_MODEL } from '../../../gateway/test/support/proofs/answer-wire.ts'
import { askForCut, CUT_MODES, startCutting } from '../../../gateway/test/support/proofs/cut-answers.ts'
import { askPoisoned, POISONS, startPoisoned, type Poison } from '../../../gateway/test/support/proofs/poisoned-answers.ts'
import { tally } from '../../../gateway/test/support/proofs/tally.ts'
import { atMost, describeCounts, shown, type Figure, type Proof, type ProofContext } from './proof.ts'
import { startProven } from './proven-gateway.ts'

const WIDTH = 16
const SEED = 1_124
const CUTS = 10_000
/** While they are idle all connections are spoilt between two requests, which therefore come one at a time. */
const POISONED: Readonly<Record<Poison, number>> = { longer: 5_000, second: 5_000, idle: 2_000, soon: 5_000, reused: 2_000 }

/** The gateway before one backend that no failure takes out. */
function startBefore(context: ProofContext, url: string, defaults: { readonly retry?: { readonly attempts: number } }) {
  return startProven(context, {
    defaults: { ...defaults, breaker: { enabled: false } },
    backends: [{ id: 'raw', type: 'openai-compatible', url, models: [RAW_MODEL], health: { enabled: false } }],
  })
}

export const cuts: Proof = {
  id: 'cuts',
  about: 'answers cut at a random byte, each in a place of its own',
  async run(context) {
    const backend = await startCutting(SEED)
    const gateway = await startBefore(context, backend.url, { retry: { attempts: 1 } })
    const agent = new Agent({ keepAlive: true })
    const figures: Figure[] = []
    try {
      for (const [mode, { what, framing }] of CUT_MODES.entries()) {
        const count = what === 'stream' && framing === 'chunked' ? CUTS : CUTS / 10
        const asked = await tally(count, WIDTH, (number) => askForCut(gateway.url, agent, { number, mode }))
        figures.push(atMost(`${what}, ${framing}: passed off as complete, of ${count}`, asked.counts['passed off'] ?? 0, 0))
        figures.push(shown(`${what}, ${framing}`, describeCounts(asked.counts)))
      }
      return figures
    } finally {
      agent.destroy()
      await gateway.stop()
      await backend.close()
    }
  },
}

async function poison(context: ProofContext, kind: Poison): Promise<readonly Figure[]> {
  const backend = await startPoisoned(kind, SEED)
  const gateway = await startBefore(context, backend.url, {})
  const agent = new Agent({ keepAlive: true })
  const idle = kind === 'idle'
  const count = POISONED[kind]
  try {
    const asked = await tally(count, idle ? 1 : WIDTH, async (number) => {
      const outcome = await askPoisoned(gateway.url, agent, number)
      if (idle) await backend.spoil()
      return outcome
    })
    return [
      atMost(`${POISONS[kind]}: foreign bytes, of ${count}`, asked.counts['foreign'] ?? 0, 0),
      shown(POISONS[kind], `${describeCounts(asked.counts)}; ${backend.made()} connections`),
    ]
  } finally {
    agent.destroy()
    await gateway.stop()
    await backend.close()
  }
}

export const poisoned: Proof = {
  id: 'poison',
  about: 'bytes behind an answer that nobody asked for',
  async run(context) {
    const figures: Figure[] = []
    for (const kind of ['longer', 'second', 'idle', 'soon', 'reused'] as const) figures.push(...(await poison(context, kind)))
    return figures
  },
}
