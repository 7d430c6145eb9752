import { describe, expect, it } from 'vitest'
import { importsOf, lineOf, readSource } from './source-text.ts'

describe('readSource', () => {
  it.each([
    ['a line comment', 'a // Date.now\nb', 'a            \nb'],
    ['a block comment', 'a /* b\n c */ d', 'a     \n      d'],
    ['a comment inside a string', `f('// x', "/* y")`, `f('    ', "    ")`],
    ['an escaped quote', String.raw`f('it\'s', b)`, `f('     ', b)`],
    ['a template and its code', 'f(`a ${b} c`, d)', 'f(`  ${b}  `, d)'],
    ['a template inside a template', 'f(`a ${g(`b ${c}`)} d`, e)', 'f(`  ${g(`  ${c}`)}  `, e)'],
    ['an object inside a template', 'f(`a ${g({ b: {} })} c`, d)', 'f(`  ${g({ b: {} })}  `, d)'],
    ['a regular expression with quotes', `f(/["'/]\\/'/g, 'b')`, `f(          g, ' ')`],
    ['a division', `a / b; f('c') / d`, `a / b; f(' ') / d`],
    ['a string that does not end', `f('abc`, `f('   `],
  ])('keeps the code around %s', (_name, text, code) => {
    expect(readSource(text).code).toBe(code)
  })
})

describe('importsOf', () => {
  it.each([
    ["import { a } from './a.ts'", './a.ts'],
    ["import type { A } from './a.ts'", './a.ts'],
    ["import {\n  a,\n} from './a.ts'", './a.ts'],
    ["import './a.ts'", './a.ts'],
    ["export { a } from './a.ts'", './a.ts'],
    ["export * from './a.ts'", './a.ts'],
    ["const a = await import('./a.ts')", './a.ts'],
    ["type A = import('./a.ts').A", './a.ts'],
    ['import a from "node:fs"', 'node:fs'],
  ])('finds %j', (text, specifier) => {
    expect(importsOf(readSource(text)).map((found) => found.specifier)).toEqual([specifier])
  })

  it.each(["Array.from('abc')", "// import './a.ts'", '`import "./a.ts"`', `"import './a.ts'"`, 'import(name)'])(
    'finds nothing in %j',
    (text) => {
      expect(importsOf(readSource(text))).toEqual([])
    },
  )

  it('says the line', () => {
    expect(importsOf(readSource("import './a.ts'\n/* \n */ import './b.ts'"))).toEqual([
      { specifier: './a.ts', line: 1 },
      { specifier: './b.ts', line: 3 },
    ])
    expect(lineOf('a\nb', 2)).toBe(2)
  })
})
