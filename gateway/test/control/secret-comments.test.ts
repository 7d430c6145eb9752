import { expect, it } from 'vitest'
import { startControlled } from '../support/start-controlled.ts'

const STORED = 'canary-stored-secret-1a'
const FROM_ENV = 'canary-of-the-environment-2b'
const OLD_KEY = 'sk-canaryofanoldkey0123456789'

/** Long: read in another thread. */
it.each([0, 1_200])(
  'secrets in comments of a text are in no answer and not in the store (%i lines more)',
  { timeout: 60_000 },
  async (lines) => {
    const { api, desk, store, logged } = await startControlled({ a: {} }, {}, { env: { BACKEND_KEY: FROM_ENV } })
    const text = [
      'server: { port: 0 }',
      `# the key was ${OLD_KEY}`,
      'backends:',
      '  - id: a',
      '    type: openai-compatible',
      '    url: http://127.0.0.1:9',
      `    apiKey: ${STORED} # ${STORED}`,
      '    models: [m]',
      '  - id: b',
      '    type: openai-compatible',
      '    url: http://127.0.0.1:9',
      '    # BACKEND_KEY is ' + FROM_ENV,
      '    apiKey: ${BACKEND_KEY}',
      '    models: [m]',
      ...Array.from({ length: lines }, (_, n) => `# and more of line ${n}, which nobody reads`),
      '',
    ].join('\n')
    const headers = { 'content-type': 'application/yaml' }
    expect((await api('PUT', '/config/drafts', { text })).status).toBe(200)
    const answers = [
      await api('GET', '/config/drafts'),
      await api('POST', '/config/validate', { text }),
      await api('PUT', '/config/text', undefined, { text, headers }),
      await api('PATCH', '/backends/b', { weight: 2 }),
      ...(await Promise.all(
        ['/config', '/config/text', '/config/export', '/config/versions/2', '/config/diff?from=1&to=2', '/audit', '/backends'].map((path) =>
          api('GET', path),
        ),
      )),
    ]
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(desk.state.version.text).toContain('# the key was [hidden]')
    const everything = [...answers.map((answer) => answer.text), logged(), JSON.stringify(await store.list('versions'))].join('\n')
    for (const secret of [STORED, FROM_ENV, OLD_KEY]) expect([secret, everything.includes(secret)]).toEqual([secret, false])
  },
)
