import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { applyEdits } from './apply-edit.ts'
import { mergePatch } from '../../lib/merge-patch.ts'
import type { ConfigEdit } from './config-edit.ts'
import { rewriteYaml } from './rewrite.ts'
import { readWritten } from './written.ts'

const WRITTEN = `# the head
server:   # how it listens
  port: 8080   # the port
  host: "127.0.0.1"

# keys
auth:
  keys: [ {name: ci,   key: "\${CI_KEY}"}, { name: app, key: '\${APP_KEY:-}' } ]
backends:  # the servers
  # the first
  - &gpu
    id: gpu-1   # an id
    type: vllm
    headers: { A: "1", b: x, }
    # as much as it can
    weight: 3

  - {<<: *gpu, id: gpu-2}   # like the first
  # the third
  - id: gpu-3
    type: 'openai'
    url: >-
      http://10.0.0.5:8000
    models:
    - a
    - name: b   # by name
      as: c
models: []
services:
  chat: &policy
    balance: random
    retry:
      attempts: 2
  embedding: *policy

# the end
`

function valueOf(text: string): Readonly<Record<string, unknown>> {
  const written = readWritten(text)
  if ('problems' in written) throw new Error(written.problems.map(({ message }) => message).join('; '))
  return written.value
}

function edited(text: string, ...edits: readonly ConfigEdit[]): string {
  const expected = applyEdits(valueOf(text), edits)
  const result = rewriteYaml(text, expected as Readonly<Record<string, unknown>>)
  if (result === undefined) throw new Error('could not be rewritten')
  expect(valueOf(result)).toEqual(expected)
  return result
}

/** Lines that the one has and the other has not. */
function difference(before: string, after: string): { readonly gone: string[]; readonly new: string[] } {
  const [a, b] = [before.split('\n'), after.split('\n')]
  return { gone: a.filter((line) => !b.includes(line)), new: b.filter((line) => !a.includes(line)) }
}

describe('an edit', () => {
  it('changes one value and nothing else of its line', () => {
    const after = edited(WRITTEN, { op: 'merge', path: ['server'], value: { port: 9090 } })
    expect(difference(WRITTEN, after)).toEqual({ gone: ['  port: 8080   # the port'], new: ['  port: 9090   # the port'] })
  })

  it('keeps the quotes of what it changes', () => {
    const after = edited(WRITTEN, { op: 'merge', path: ['server'], value: { host: '0.0.0.0' } })
    expect(difference(WRITTEN, after).new).toEqual(['  host: "0.0.0.0"'])
    const single = edited(WRITTEN, { op: 'merge', path: ['backends', { id: 'gpu-3' }], value: { type: "it's" } })
    expect(difference(WRITTEN, single).new).toEqual(["    type: 'it''s'"])
  })

  it('puts a new item at the end of its list, and keeps what follows the list', () => {
    const after = edited(WRITTEN, { op: 'put', path: ['backends', { id: 'new' }], value: { type: 'vllm', models: ['x', 'y'] } })
    expect(difference(WRITTEN, after)).toEqual({ gone: [], new: ['  - id: new', '    models: [x, y]'] })
    expect(after).toContain('      as: c\n  - id: new\n    type: vllm\n    models: [x, y]\nmodels: []\n')
  })

  it('makes a section that is not there', () => {
    expect(edited(WRITTEN, { op: 'merge', path: ['log'], value: { level: 'debug' } })).toBe(
      `${WRITTEN.trimEnd().replace('\n# the end', '')}log:\n  level: debug\n\n# the end\n`,
    )
  })

  it.each([
    ['', 'log:\n  level: debug\n'],
    ['# nothing yet', '# nothing yet\nlog:\n  level: debug'],
    ['{}\n', 'log:\n  level: debug\n'],
    ['log:\n', 'log:\n  level: debug\n'],
    ['log: # loud?\nmodels: []', 'log: # loud?\n  level: debug\nmodels: []'],
    ['---\nmodels: []\n', '---\nmodels: []\nlog:\n  level: debug\n'],
    ['models: []\r\n# x\r\n', 'models: []\r\nlog:\r\n  level: debug\r\n# x\r\n'],
  ])('of the text %j gives %j', (text, result) => {
    expect(edited(text, { op: 'merge', path: ['log'], value: { level: 'debug' } })).toBe(result)
  })

  it('of what others are made from leaves the others as they were', () => {
    const after = edited(WRITTEN, { op: 'merge', path: ['backends', { id: 'gpu-1' }], value: { weight: 5 } })
    expect(difference(WRITTEN, after)).toEqual({
      gone: ['    weight: 3', '  - {<<: *gpu, id: gpu-2}   # like the first'],
      new: ['    weight: 5', '  - {<<: *gpu, id: gpu-2, weight: 3}   # like the first'],
    })
  })

  it('of an alias writes it out there', () => {
    const after = edited(WRITTEN, { op: 'merge', path: ['services', 'embedding', 'retry'], value: { attempts: 5 } })
    expect(valueOf(after)['services']).toMatchObject({ chat: { retry: { attempts: 2 } }, embedding: { retry: { attempts: 5 } } })
    expect(difference(WRITTEN, after).gone).toEqual(['  embedding: *policy'])
  })

  it('takes away what others are made from, and leaves the others', () => {
    const after = edited(WRITTEN, { op: 'remove', path: ['backends', { id: 'gpu-1' }] })
    expect(valueOf(after)['backends']).toMatchObject([{ id: 'gpu-2', type: 'vllm', weight: 3 }, { id: 'gpu-3' }])
    expect(after).toContain('# the first\n')
  })

  it('writes out what was merged in where a part of it goes', () => {
    const after = edited(WRITTEN, { op: 'merge', path: ['backends', { id: 'gpu-2' }], value: { headers: null } })
    expect(after).toContain('  - {id: gpu-2, type: vllm, weight: 3}   # like the first\n')
  })

  it('of a short list keeps comments beside what stays', () => {
    const text = 'models:\n  - a # one\n  - b # two\n  - c # three\n'
    expect(edited(text, { op: 'put', path: ['models'], value: ['a', 'c'] })).toBe('models:\n  - a # one\n  - c # three\n')
    expect(edited(text, { op: 'put', path: ['models'], value: ['a', 'b', 'x', 'c'] })).toBe(
      'models:\n  - a # one\n  - b # two\n  - x\n  - c # three\n',
    )
    expect(edited(text, { op: 'put', path: ['models'], value: ['x', 'a', 'b', 'c'] })).toBe(
      'models:\n  - x\n  - a # one\n  - b # two\n  - c # three\n',
    )
    expect(edited(text, { op: 'put', path: ['models'], value: [] })).toBe('models: [] # three\n')
  })
})

const key = fc.constantFrom('a', 'b', 'c', 'host', 'x-y', 'on', '8080')
const scalar = fc.oneof(
  fc.constantFrom(
    '${VAR}',
    '${VAR:-x}',
    'plain',
    'a: b',
    '# no',
    "it's",
    '"',
    'x, y',
    '[',
    '- a',
    'two\nlines',
    'true',
    '1',
    '',
    ' ',
    '*',
    '&a',
    'ü',
    '\t',
    'a #b',
    '$$',
  ),
  fc.integer({ min: -5, max: 100_000 }),
  fc.boolean(),
  fc.string({ maxLength: 12 }),
)
const names = fc.constantFrom('gpu-1', 'gpu-2', 'smart', 'm/x', '7')
const namedList = fc
  .uniqueArray(names, { maxLength: 4 })
  .chain((ids) =>
    fc.tuple(...ids.map((id) => fc.dictionary(key, scalar, { maxKeys: 3, noNullPrototype: true }).map((rest) => ({ id, ...rest })))),
  )
const tree = fc.letrec<{ node: unknown; map: unknown }>((tie) => ({
  node: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie('map'), fc.array(tie('node'), { maxLength: 4 }), namedList),
  map: fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
}))
const config = tree.map as fc.Arbitrary<Record<string, unknown>>
const style = fc.record({
  indentSeq: fc.boolean(),
  indent: fc.constantFrom(2, 4),
  collectionStyle: fc.constantFrom('any' as const, 'any' as const, 'block' as const, 'flow' as const),
  blockQuote: fc.constantFrom(true, false, 'folded' as const),
  defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
})

/** Comments at the ends of some lines and between them, where the text stays what it is. */
function comment(text: string, places: readonly number[]): string {
  let result = text
  for (const place of places) {
    const lines = result.split('\n')
    const at = place % lines.length
    const tried = (
      place % 2 === 0
        ? lines.toSpliced(at, 0, `${/^ */.exec(lines[at] ?? '')?.[0] ?? ''}# note ${place}`)
        : lines.with(at, `${lines[at]}  # note ${place}`)
    ).join('\n')
    const [before, after] = [readWritten(result), readWritten(tried)]
    if ('value' in after && 'value' in before && JSON.stringify(after.value) === JSON.stringify(before.value)) result = tried
  }
  return result
}

/** What stands at two places is written once, with an anchor, and named by aliases. */
const shared = fc
  .tuple(config, config, config)
  .map(([part, rest, over]) => ({ a: part, ...rest, b: [part, { ...over, c: part }], host: { '<<': part, ...over } }))
const text = fc
  .tuple(fc.oneof(config, shared), style, fc.array(fc.nat(1_000), { maxLength: 6 }), fc.boolean())
  .map(([value, options, places, crlf]) => {
    const written = comment(stringify(value, { lineWidth: 0, ...options }).replaceAll(/(["'])<<\1/g, '<<'), places)
    return crlf ? written.replaceAll('\n', '\r\n') : written
  })
  .filter((written) => 'value' in readWritten(written))

describe('any text', () => {
  it('can become any other value', () => {
    fc.assert(
      fc.property(text, config, (before, value) => {
        const after = rewriteYaml(before, value as Readonly<Record<string, unknown>>)
        expect(after).toBeDefined()
        expect(valueOf(after ?? '')).toEqual(value)
      }),
      { numRuns: 400 },
    )
  })

  it('has after a merge the value that RFC 7396 gives, and its untouched lines', () => {
    fc.assert(
      fc.property(text, config, key, scalar, (before, patch, name, value) => {
        const expected = mergePatch(valueOf(before), patch)
        expect(valueOf(edited(before, { op: 'merge', path: [], value: patch }))).toEqual(expected)
        const one = edited(before, { op: 'merge', path: [], value: { [name]: value } })
        if (typeof valueOf(before)[name] === 'object') return
        // One scalar of the top level: one line goes at most, or the lines of one text.
        const gone = before.split('\n').length - before.split('\n').filter((line) => one.split('\n').includes(line)).length
        expect(gone).toBeLessThanOrEqual(String(valueOf(before)[name]).split('\n').length + 1)
      }),
      { numRuns: 250 },
    )
  })

  it('keeps every comment of its own line that stands outside of what changes', () => {
    fc.assert(
      fc.property(text, scalar, (before, value) => {
        const after = edited(before, { op: 'put', path: ['new-section'], value: { new: value } })
        const kept = after.split('\n')
        if (!/^(#.*\r?\n)*\{/.test(before)) for (const line of before.split('\n')) expect(kept).toContain(line)
        else expect(after.includes('# note') || !before.includes('# note')).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
