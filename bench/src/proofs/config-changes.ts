import { startSimulator } from '../../../gateway/src/simulator/simulator.ts'
import { askApi } from '../../../gateway/test/support/ask-api.ts'
import { changesUnderLoad, switchedModel, TARGETS } from '../../../gateway/test/support/proofs/changes-under-load.ts'
import { percentile } from '../statistics.ts'
import { atLeast, atMost, countOf, describeCounts, shown, type Proof } from './proof.ts'
import { startProven } from './proven-gateway.ts'

const CHANGES = 100
const MINUTE_MS = 60_000
const PER_SECOND = 500
const KEY = 'key-of-the-load-0123456789'
const PASSWORD = 'the password of this proof'

export const configChanges: Proof = {
  id: 'config-changes',
  about: `${CHANGES} changes by API within a minute under ${PER_SECOND} requests a second, store sqlite`,
  async run(context) {
    const simulators = await Promise.all(TARGETS.map((name) => startSimulator({ name, record: false })))
    const backends = simulators.map(({ name, url }) => ({ id: name, type: 'openai-compatible', url, models: ['sim-chat'] }))
    const config = { auth: { keys: [{ name: 'load', key: KEY }] }, models: [switchedModel(TARGETS[0])], backends }
    // The load comes from the core of the simulators: a full core is not what this is about.
    const server = { overload: { enabled: false } }
    const gateway = await startProven(context, { ...config, server }, { JAIROUTER_ADMIN_PASSWORD: PASSWORD })
    try {
      const session = await askApi(gateway.url, 'POST /session', { body: { name: 'admin', password: PASSWORD } })
      const token = String(session.json['accessToken'])
      const everyMs = MINUTE_MS / CHANGES
      const { url } = gateway
      const report = await changesUnderLoad({
        url,
        token,
        key: KEY,
        changes: CHANGES,
        everyMs,
        perSecond: PER_SECOND,
        signal: context.signal,
      })
      const { requests, changes, failures, changeMs } = report
      const outcomes = countOf(requests.map(({ outcome }) => outcome))
      return [
        atMost(`requests lost or stale, of ${requests.length}`, requests.length - (outcomes['whole'] ?? 0), 0),
        shown('outcomes', describeCounts(outcomes)),
        atLeast('requests sent', requests.length, PER_SECOND * (MINUTE_MS / 1_000) * 0.98),
        atLeast('changes acknowledged', changes, CHANGES),
        atMost('changes that the next request did not meet', failures.length, 0),
        shown('a change, p50 and p99', `${percentile(changeMs, 0.5)?.toFixed(1)} and ${percentile(changeMs, 0.99)?.toFixed(1)} ms`),
        ...failures.slice(0, 10).map((failure) => shown('failure', failure)),
      ]
    } finally {
      await gateway.stop()
      await Promise.all(simulators.map((simulator) => simulator.close()))
    }
  },
}
