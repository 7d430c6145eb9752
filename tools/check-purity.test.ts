import { describe, expect, it } from 'vitest'
import { checkPurity } from './check-purity.ts'
import { fakeTree } from './fake-tree.ts'

const problemsOf = (path: string, text: string) => checkPurity(fakeTree({ [path]: text }))

describe('pure folders', () => {
  it.each([
    'Date.now()',
    'const clock = Date.now',
    'new Date()',
    'new Date',
    'performance.now()',
    'Math.random()',
    'setTimeout(run, 1)',
    'globalThis.setInterval(run, 1)',
    'setImmediate(run)',
    'process.env',
    'console.log(1)',
    'globalThis.console.log(1)',
    "import { readFileSync } from 'node:fs'",
    "import { readFile } from 'fs/promises'",
    "import { setTimeout as wait } from 'node:timers/promises'",
    "import { request } from 'node:http'",
    "import { connect } from 'node:net'",
    "import { Pool } from 'undici'",
  ])('may not hold %s', (text) => {
    const problems = problemsOf('gateway/src/balance/a.ts', `\n${text}\n`)
    expect(problems[0]).toMatch(/^gateway\/src\/balance\/a\.ts:2: .+ in the pure folder balance: /)
  })

  it.each(['balance', 'limit', 'breaker', 'health', 'adapters', 'endpoints'])('%s is one', (folder) => {
    expect(problemsOf(`gateway/src/${folder}/deep/a.ts`, 'Date.now()')).toHaveLength(1)
  })

  it.each([
    'new Date(0)',
    "new Date('2026-01-01')",
    'new DateRange()',
    '// Date.now() is not for here',
    "const text = 'Math.random()'",
    'child.process.env',
    "import { Buffer } from 'node:buffer'",
  ])('may hold %s', (text) => {
    expect(problemsOf('gateway/src/balance/a.ts', text)).toEqual([])
  })

  it.each([
    'gateway/src/balance/a.test.ts',
    'gateway/src/adapters/fixtures/a.ts',
    'gateway/src/upstream/a.ts',
    'gateway/test/balance/a.ts',
  ])('%s is in none', (path) => {
    expect(problemsOf(path, 'Date.now()')).toEqual([])
  })
})

describe('shared code', () => {
  it.each([
    "if (adapter.id === 'ollama') return",
    "if (backend.adapter.id !== 'ollama') return",
    "if ('ollama' === instance.backend.adapter.id) return",
    'switch (backend.adapter.id) {}',
    'if (backend?.adapter?.id === name) return',
  ])('may not ask %s', (text) => {
    expect(problemsOf('gateway/src/relay/a.ts', `\n${text}`)).toEqual([
      "gateway/src/relay/a.ts:2: asks which adapter it has; make what differs a field of the adapter's definition",
    ])
  })

  it.each(['relay', 'http', 'upstream', 'endpoints', 'config'])('%s is', (folder) => {
    expect(problemsOf(`gateway/src/${folder}/a.ts`, 'adapter.id === name')).toHaveLength(1)
  })

  it.each(['log(adapter.id)', "backend.id === 'a'", "// adapter.id === 'ollama'"])('may say %s', (text) => {
    expect(problemsOf('gateway/src/relay/a.ts', text)).toEqual([])
  })
})
