import type { ConfigInput } from '@jairouter/contract/config'

/** Those that are there; `down` is none. */
export const BACKENDS = ['a', 'b', 'c', 'p', 's'] as const
/** What the blocked words are. */
export const FORBIDDEN = 'forbidden'

const target = (backend: string, more: object = {}) => ({ backend, model: 'm', ...more })
const ONCE = { retry: { attempts: 1 } }

/** A model for each way in which a request can end. Nothing in it depends on the time that passes, but for what waits for a limit of time. */
export function numbersConfig(urls: Readonly<Record<string, string>>): ConfigInput {
  const backends = [...BACKENDS, 'down'].map((id) => ({
    id,
    type: 'openai-compatible',
    // Nobody listens there.
    url: urls[id] ?? 'http://127.0.0.1:1',
    models: ['m'],
    health: { enabled: false },
  }))
  return {
    // Wrong keys are a part of the load, and all clients have one address.
    auth: { mode: 'required', failures: { limit: 0 } },
    server: { overload: { enabled: false } },
    defaults: { breaker: { enabled: false }, retry: { attempts: 2, budget: 10 } },
    contentRules: [{ name: 'forbidden-words', match: { words: [FORBIDDEN] }, action: 'block' }],
    prices: Object.fromEntries(Object.entries(PRICES).map(([model, price]) => [model, { ...price }])),
    backends,
    models: [
      { name: 'both', targets: [target('a'), target('b')] },
      { name: 'weak', targets: [target('a')], ...ONCE, fallback: [{ model: 'strong' }] },
      { name: 'strong', targets: [target('c')], ...ONCE },
      { name: 'tidy', targets: [target('b')], ...ONCE, fallback: [{ response: { content: 'later' } }] },
      { name: 'remembering', targets: [target('b')], ...ONCE, fallback: [{ cache: { maxAge: '1h' } }] },
      { name: 'kept', targets: [target('b')], ...ONCE, cache: { ttl: '1h' } },
      {
        name: 'hedged',
        targets: [target('a'), target('b')],
        timeouts: { response: '5s' },
        hedge: { enabled: true, after: '20ms', budget: 1 },
      },
      { name: 'resuming', targets: [target('a'), target('b')], retry: { resume: true } },
      { name: 'handed', targets: [target('a')], retry: { attempts: 1, resume: true }, fallback: [{ model: 'strong' }] },
      { name: 'hasty', targets: [target('c')], ...ONCE, timeouts: { response: '100ms', firstToken: '100ms' } },
      { name: 'busy', targets: [target('p')], ...ONCE },
      { name: 'gone', targets: [target('down')], ...ONCE },
      { name: 'guarded', targets: [target('c')], content: ['forbidden-words'] },
      { name: 'embed', service: 'embedding', targets: [target('c')] },
      { name: 'paint', service: 'image', targets: [target('c')] },
      {
        name: 'split',
        targets: [target('a'), target('c', { group: 'new' }), target('s', { group: 'dark' })],
        experiment: {
          groups: [{ name: 'old' }, { name: 'new' }, { name: 'dark', weight: 0 }],
          shadow: { group: 'dark', share: 0.5, maxConcurrency: 1_000 },
        },
      },
    ],
  }
}

export interface Price {
  readonly input: number
  readonly cachedInput?: number
  readonly output: number
  readonly reasoning?: number
  readonly image?: number
  readonly currency: 'USD' | 'EUR'
}

const PLAIN: Price = { input: 2, output: 8, currency: 'USD' }

/** Per million tokens, and per picture. */
export const PRICES: Readonly<Record<string, Price>> = {
  both: { input: 2.5, cachedInput: 0.25, output: 10, reasoning: 4, currency: 'USD' },
  weak: { input: 0.5, output: 1.5, currency: 'USD' },
  strong: { input: 3, cachedInput: 1.5, output: 15, currency: 'USD' },
  tidy: PLAIN,
  remembering: PLAIN,
  kept: PLAIN,
  hedged: PLAIN,
  resuming: PLAIN,
  handed: { input: 1, output: 2, currency: 'USD' },
  hasty: PLAIN,
  busy: PLAIN,
  gone: PLAIN,
  guarded: PLAIN,
  split: PLAIN,
  embed: { input: 0.13, output: 0, currency: 'EUR' },
  paint: { input: 0, output: 0, image: 0.04, currency: 'USD' },
}
