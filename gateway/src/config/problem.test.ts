import { describe, expect, it } from 'vitest'
import { formatPath, formatProblem, inOrder } from './problem.ts'

describe('formatProblem', () => {
  const problem = { file: '/etc/ai/jairouter.yaml', line: 12, column: 5, path: 'backends[0].wieght', message: 'unknown key' }

  it('writes place, path, message and hint', () => {
    expect(formatProblem({ ...problem, hint: 'did you mean "weight"?' }, '/etc/ai')).toBe(
      'jairouter.yaml:12:5: backends[0].wieght: unknown key; did you mean "weight"?',
    )
  })

  it('leaves out what there is not', () => {
    expect(formatProblem({ ...problem, line: 0, column: 0, path: '', message: 'is empty' }, '/etc/ai')).toBe('jairouter.yaml: is empty')
    expect(formatProblem({ ...problem, path: '' }, '/etc/ai')).toBe('jairouter.yaml:12:5: unknown key')
  })

  it.each([
    ['/etc', 'ai/jairouter.yaml'],
    ['/etc/ai/', 'jairouter.yaml'],
    ['/etc/other', '/etc/ai/jairouter.yaml'],
    ['/etc/ai/jairouter.yaml', '/etc/ai/jairouter.yaml'],
    [undefined, '/etc/ai/jairouter.yaml'],
  ])('writes the file as seen from %s', (directory, file) => {
    expect(formatProblem({ ...problem, path: '' }, directory)).toBe(`${file}:12:5: unknown key`)
  })

  it('takes a directory whose name begins with dots for one below', () => {
    expect(formatProblem({ ...problem, file: '/etc/..data/a.yaml', path: '' }, '/etc')).toBe('..data/a.yaml:12:5: unknown key')
  })
})

describe('formatPath', () => {
  it.each([
    [[], ''],
    [['backends', 0, 'url'], 'backends[0].url'],
    [['adapters', 'a b', 'paths'], 'adapters["a b"].paths'],
    [['adapters', 'a.b'], 'adapters["a.b"]'],
    [['backends', 1, 'headers', 'x-org'], 'backends[1].headers.x-org'],
  ])('%j', (path, text) => {
    expect(formatPath(path)).toBe(text)
  })
})

it('orders by file as first seen, line and column', () => {
  const at = (file: string, line: number, column: number) => ({ file, line, column, path: '', message: '' })
  expect(inOrder([at('b', 2, 1), at('a', 9, 9), at('b', 1, 7), at('b', 1, 2), at('a', 1, 1)])).toEqual([
    at('b', 1, 2),
    at('b', 1, 7),
    at('b', 2, 1),
    at('a', 1, 1),
    at('a', 9, 9),
  ])
})
