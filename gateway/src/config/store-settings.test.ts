import { expect, it } from 'vitest'
import { readStoreSettings } from './store-settings.ts'

it.each([
  ['server: {}\n', { type: 'sqlite', path: './data' }],
  ['store: { type: file, path: "${DATA}/x" }\n', { type: 'file', path: '/d/x' }],
  ['store: { type: postgres, url: "${URL}" }\n', { type: 'postgres', path: './data', url: 'postgres://h/d' }],
  // Of what else is wrong somebody else tells.
  [
    'store: { type: memory }\nserver: { prot: 1, port: "${NONE}" }\nbackends: [ { apiKey: "${secret:0}" } ]\n',
    { type: 'memory', path: './data' },
  ],
  ['store: { type: memori }\n', undefined],
  ['store: { url: "${NONE}" }\n', undefined],
  ['store: [\n', undefined],
])('%s', (text, settings) => {
  expect(readStoreSettings({ text }, { DATA: '/d', URL: 'postgres://h/d' })).toEqual(settings)
})

it('looks at the overlay as well', () => {
  expect(readStoreSettings({ text: 'store: { type: memory }\n', overlay: 'store: { type: file }\n' }, {})).toMatchObject({ type: 'file' })
})
