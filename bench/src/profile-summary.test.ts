import { expect, test } from 'vitest'
import { summariseProfile } from './profile-summary.ts'

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber })

test('self time of functions and modules, without idle time and what was before', () => {
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)') },
      { id: 2, callFrame: frame('relay', 'file:///srv/jairouter/gateway/src/relay/relay.ts', 31) },
      // The same function, called from somewhere else.
      { id: 3, callFrame: frame('relay', 'file:///srv/jairouter/gateway/src/relay/relay.ts', 31) },
      { id: 4, callFrame: frame('', 'file:///srv/jairouter/node_modules/undici/lib/core/request.js', 9) },
      { id: 5, callFrame: frame('writev') },
      { id: 6, callFrame: frame('start', 'node:internal/main', 0) },
    ],
    samples: [6, 2, 1, 3, 4, 5],
    timeDeltas: [1000, 300, 5000, 200, 400, 100],
  }
  expect(summariseProfile(profile, 1.1)).toEqual({
    functions: [
      { name: 'relay  relay/relay.ts:32', share: 0.5 },
      { name: '(anonymous)  core/request.js:10', share: 0.4 },
      { name: 'writev', share: 0.1 },
    ],
    modules: [
      { name: 'gateway/src/relay/relay.ts', share: 0.5 },
      { name: 'undici', share: 0.4 },
      { name: 'native writev', share: 0.1 },
    ],
  })
})
