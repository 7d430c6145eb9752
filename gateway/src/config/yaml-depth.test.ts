import { describe, expect, it } from 'vitest'
import { parseYaml } from './parse-yaml.ts'
import { tooDeepAt } from './yaml-depth.ts'

describe('a text that is nested too deep', () => {
  it.each(['[', '{', '{a: ', '[{', '[,', '{?', '- [', '? '])('by %j is not composed', (unit) => {
    const text = `a:\n ${unit.repeat(20_000)}`
    const { problems, broken } = parseYaml(text, { file: 'config' })
    expect({ problems, broken }).toMatchObject({ broken: true, problems: [{ line: 2, message: 'nested more than 64 levels deep' }] })
    expect(problems).toHaveLength(1)
  })

  it.each([
    ['a long line', `a: {${Array.from({ length: 500 }, (_, index) => `k${index}: [1, {b: 2}]`).join(', ')}}`],
    ['brackets in quotes', `a: "${'['.repeat(5_000)}"\nb: '${'{a: '.repeat(5_000)}'\n`],
    ['brackets in a comment', `# ${'['.repeat(5_000)}\na: 1\n`],
    ['brackets in a block', `a: |\n  ${'[{'.repeat(5_000)}\n`],
    ['as deep as may be', `a: ${'['.repeat(60)}${']'.repeat(60)}`],
    ['a long list', `a:\n${'- b: 1\n'.repeat(500)}`],
  ])('is not %s', (_, text) => {
    expect(tooDeepAt(text)).toBeUndefined()
    expect(parseYaml(text, { file: 'config' }).problems).toEqual([])
  })
})

it('tells of a hundred faults of a text that is none', () => {
  expect(parseYaml(`a: ${'*a '.repeat(1_000)}`, { file: 'config' }).problems).toHaveLength(100)
})
