import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkWords, forbiddenWords } from './check-words.ts'
import { fakeTree } from './fake-tree.ts'

function repository(files: Readonly<Record<string, string>>): string {
  const root = fakeTree(files)
  execFileSync('git', ['init', '--quiet'], { cwd: root })
  return root
}

const placesOf = (root: string, npmRegistry?: string) =>
  checkWords(root, npmRegistry).map((problem) => problem.split(' ')[0]?.replace(/:$/, ''))

describe('checkWords', () => {
  const registries = forbiddenWords('/a/b', undefined).flatMap(({ word }) => (word.startsWith('/') ? [] : [word]))

  it.each(registries)('finds %s', (word) => {
    expect(placesOf(repository({ 'docs/a.md': `one\nhttps://x.${word}/y\n`, 'b.ts': '' }))).toEqual(['docs/a.md:2'])
  })

  it('finds the registry that npm was told to use', () => {
    const root = repository({ '.npmrc': 'registry=https://packages.example.org/npm/\n' })
    expect(placesOf(root, 'https://packages.example.org/npm/')).toEqual(['.npmrc:1'])
    expect(placesOf(root, 'https://other.example.org/')).toEqual([])
  })

  it.each(['http://localhost:4873/', 'http://127.0.0.1:4873/', 'no url'])('takes no word from the registry %s', (npmRegistry) => {
    expect(forbiddenWords('/a/b', npmRegistry)).toEqual(forbiddenWords('/a/b', undefined))
  })

  it('finds the path of the checkout and of what lies beside it', () => {
    expect(placesOf(repositoryBelow(fakeTree({})))).toEqual(['a.md:1', 'a.md:2'])
  })

  it('looks at no ignored file', () => {
    expect(placesOf(repository({ '.gitignore': 'a.log\n', 'a.log': registries.join('\n') }))).toEqual([])
  })
})

it.each([
  ['/someone/jairouter', '/someone/'],
  ['/tmp/jairouter', '/tmp/jairouter'],
  ['/jairouter', '/jairouter'],
])('of a checkout at %s the path %s is forbidden', (root, path) => {
  expect(forbiddenWords(root, undefined).at(-1)?.word).toBe(path)
})

/** A checkout below `parent` whose file names it, its neighbour, and two paths that only look so. */
function repositoryBelow(parent: string): string {
  const root = `${parent}/inner`
  const text = [`see ${root}/b.ts`, `see ${dirname(root)}/other`, `https://host${parent}/x`, `.${parent}/x`].join('\n')
  execFileSync('git', ['init', '--quiet', root])
  writeFileSync(`${root}/a.md`, text)
  return root
}
