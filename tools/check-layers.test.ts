import { describe, expect, it } from 'vitest'
import { checkLayers } from './check-layers.ts'
import { fakeTree } from './fake-tree.ts'

const problemsOf = (path: string, text: string) => checkLayers(fakeTree({ [path]: text }))

describe('import arrows', () => {
  it.each([
    ['gateway/src/lib/a.ts', '../errors/b.ts', 'lib may not import errors/b.ts'],
    ['gateway/src/lib/a.ts', '@jairouter/contract/names', 'lib may not import contract/names'],
    ['gateway/src/health/a.ts', '../breaker/b.ts', 'health may not import breaker/b.ts'],
    ['gateway/src/adapters/builtin/a.ts', '../../config/b.ts', 'adapters may not import config/b.ts'],
    ['gateway/src/upstream/a.ts', '../config/compile.ts', 'upstream may not import config/compile.ts'],
    ['gateway/src/relay/a.ts', '../upstream/pools.ts', 'relay may not import upstream/pools.ts'],
    ['gateway/src/relay/a.ts', '../store/b.ts', 'relay may not import store/b.ts'],
    ['gateway/src/http/a.ts', '../store/b.ts', 'http may not import store/b.ts'],
    ['gateway/src/http/a.ts', '../admin/b.ts', 'http may not import admin/b.ts'],
    ['gateway/src/admin/a.ts', '../relay/b.ts', 'admin may not import relay/b.ts'],
    ['gateway/src/simulator/a.ts', '../endpoints/b.ts', 'simulator may not import endpoints/b.ts'],
    ['gateway/src/http/a.ts', '../gateway.ts', 'http may not import gateway.ts'],
    ['gateway/src/lib/a.ts', '../../test/support/b.ts', 'lib may not import gateway/test/support/b.ts'],
    ['contract/src/a.ts', '../../gateway/src/lib/b.ts', 'contract may not import lib/b.ts'],
  ])('%s may not import %s', (path, specifier, problem) => {
    expect(problemsOf(path, `\nimport type { b } from '${specifier}'\n`)).toEqual([
      `${path}:2: ${problem} (ARROWS in tools/check-layers.ts)`,
    ])
  })

  it.each([
    ['gateway/src/lib/a.ts', './b.ts'],
    ['gateway/src/adapters/builtin/a.ts', '../definition.ts'],
    ['gateway/src/lib/a.ts', 'node:fs'],
    ['gateway/src/errors/a.ts', '../lib/b.ts'],
    ['gateway/src/upstream/a.ts', '../config/snapshot.ts'],
    ['gateway/src/relay/a.ts', '../upstream/port.ts'],
    ['gateway/src/relay/a.ts', '../upstream/upstream-fault.ts'],
    ['gateway/src/simulator/a.ts', '@jairouter/contract/names'],
    ['gateway/src/main.ts', './simulator/a.ts'],
    ['gateway/src/gateway.ts', './upstream/pools.ts'],
    ['gateway/src/lib/a.test.ts', '../relay/b.ts'],
    ['gateway/test/support/a.ts', '../../src/store/b.ts'],
    ['bench/src/a.ts', '../../gateway/src/simulator/simulator.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(problemsOf(path, `import { b } from '${specifier}'`)).toEqual([])
  })

  it.each([
    ['export', "export { b } from '../relay/b.ts'"],
    ['dynamic import', "const b = await import('../relay/b.ts')"],
  ])('holds for %s', (_name, text) => {
    expect(problemsOf('gateway/src/lib/a.ts', text)).toHaveLength(1)
  })

  it.each([
    ['gateway/src/plugins/a.ts', 'unknown folder "plugins"; add it to ARROWS in tools/check-layers.ts'],
    ['gateway/src/a.ts', 'unknown file beside gateway.ts; move it into a folder, or add it to COMPOSITION in tools/check-layers.ts'],
    ['studio/src/a.ts', 'unknown folder "studio"; add it to WORKSPACES in tools/check-layers.ts'],
  ])('%s has a place in a table', (path, problem) => {
    expect(problemsOf(path, '')).toEqual([`${path}: ${problem}`])
  })
})

describe('names', () => {
  it.each([
    ['gateway/src/lib/utils.ts', 'utils.ts'],
    ['gateway/src/lib/string-helpers.ts', 'string-helpers.ts'],
    ['gateway/src/http/common.test.ts', 'common.test.ts'],
    ['gateway/src/upstream/pool-manager.ts', 'pool-manager.ts'],
    ['contract/src/types.ts', 'types.ts'],
    ['gateway/test/helpers/start.ts', 'helpers'],
  ])('%s is a drawer', (path, drawer) => {
    expect(problemsOf(path, '')).toEqual([`${path}: "${drawer}" says nothing of what is in it; name it for that`])
  })

  it.each(['gateway/src/lib/media-types.ts', 'gateway/src/lib/uncommon.ts'])('%s is none', (path) => {
    expect(problemsOf(path, '')).toEqual([])
  })
})
