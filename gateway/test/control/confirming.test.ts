import { describe, expect, it } from 'vitest'
import { startControlled, type Controlled } from '../support/start-controlled.ts'

const ENV = { FIRST_KEY: 'canary-first', OTHER_KEY: 'canary-other' }

async function start(): Promise<{ readonly controlled: Controlled; readonly operator: string }> {
  const controlled = await startControlled({ a: { backend: { apiKey: '${FIRST_KEY}' } } }, {}, { env: ENV })
  return { controlled, operator: await controlled.userOf('operator') }
}

/** Changes that an admin makes on probation. */
const CHANGES: readonly (readonly [what: string, change: object, mayConfirm: boolean])[] = [
  ['a balance', { patch: { services: { chat: { balance: 'random' } } } }, true],
  ['who may come in', { patch: { auth: { sessions: { access: '5m' } } } }, false],
  ['what of the audit is kept', { patch: { audit: { keep: '100h' } } }, false],
  [
    'a variable of the environment at another place',
    { edits: [{ op: 'merge', path: ['backends', { id: 'a' }], value: { headers: { 'x-key': '${OTHER_KEY}' } } }] },
    false,
  ],
]

describe.each(['confirm', 'revert'] as const)('who may %s what an admin has put in force on probation', (verb) => {
  it.each(CHANGES)('%s: who might have made it', async (_what, change, may) => {
    const { controlled, operator } = await start()
    const { api, desk } = controlled
    const applied = await api('POST', '/config/apply', { ...change, confirmWithin: '10m' })
    expect([applied.status, applied.text]).toEqual([200, applied.text])
    for (const role of ['viewer', 'developer'] as const) {
      const refused = await api('POST', `/config/${verb}`, undefined, { as: await controlled.userOf(role) })
      expect([role, refused.code]).toEqual([role, 'permission_denied'])
    }
    const asOperator = await api('POST', `/config/${verb}`, undefined, { as: operator })
    expect([asOperator.status, asOperator.code]).toEqual(may ? [200, ''] : [403, 'permission_denied'])
    expect(desk.state.confirm === undefined).toBe(may)
    if (!may) expect((await api('POST', `/config/${verb}`)).status).toBe(200)
    expect(desk.state.version.number).toBe(verb === 'confirm' ? 2 : 3)
  })
})
