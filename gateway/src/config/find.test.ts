import { describe, expect, it } from 'vitest'
import { findConfig } from './find.ts'

function find(files: readonly string[], { option, ...env }: { option?: string; JAIROUTER_CONFIG?: string; JAIROUTER_ENV?: string } = {}) {
  return findConfig({ option, env, cwd: '/app', exists: (file) => files.includes(file) })
}

function problem(file: string, message: string) {
  return { problems: [{ file, line: 0, column: 0, path: '', message }] }
}

describe('findConfig', () => {
  it('prefers --config, then JAIROUTER_CONFIG, then the usual places', () => {
    const files = ['/app/a.yaml', '/etc/b.yaml', '/app/jairouter.yaml', '/app/config/jairouter.yaml']
    expect(find(files, { option: 'a.yaml', JAIROUTER_CONFIG: '/etc/b.yaml' })).toEqual({ file: '/app/a.yaml' })
    expect(find(files, { JAIROUTER_CONFIG: '/etc/b.yaml' })).toEqual({ file: '/etc/b.yaml' })
    expect(find(files, { JAIROUTER_CONFIG: '' })).toEqual({ file: '/app/jairouter.yaml' })
    expect(find(['/app/config/jairouter.yaml'])).toEqual({ file: '/app/config/jairouter.yaml' })
  })

  it('finds nothing where nothing is (zero config)', () => {
    expect(find([])).toBeUndefined()
    expect(find(['/jairouter.yaml'], { JAIROUTER_ENV: '' })).toBeUndefined()
  })

  it('does not look further when a named file is missing', () => {
    expect(find(['/app/jairouter.yaml'], { option: 'x.yaml' })).toEqual(problem('/app/x.yaml', 'there is no such file; --config names it'))
    expect(find(['/app/jairouter.yaml'], { JAIROUTER_CONFIG: 'x.yaml' })).toEqual(
      problem('/app/x.yaml', 'there is no such file; JAIROUTER_CONFIG names it'),
    )
  })

  it('lays the environment over the base, from beside it', () => {
    expect(find(['/app/jairouter.yaml', '/app/jairouter.prod.yaml'], { JAIROUTER_ENV: 'prod' })).toEqual({
      file: '/app/jairouter.yaml',
      overlay: '/app/jairouter.prod.yaml',
    })
    expect(find(['/etc/b.c.yml', '/etc/b.c.prod.yml'], { option: '/etc/b.c.yml', JAIROUTER_ENV: 'prod' })).toEqual({
      file: '/etc/b.c.yml',
      overlay: '/etc/b.c.prod.yml',
    })
    expect(find(['/etc/b', '/etc/b.prod'], { option: '/etc/b', JAIROUTER_ENV: 'prod' })).toEqual({ file: '/etc/b', overlay: '/etc/b.prod' })
  })

  it('names the file that JAIROUTER_ENV wants', () => {
    expect(find(['/app/jairouter.yaml'], { JAIROUTER_ENV: 'prod' })).toEqual(
      problem('/app/jairouter.prod.yaml', 'there is no such file; JAIROUTER_ENV wants to lay it over jairouter.yaml'),
    )
    expect(find(['/app/jairouter.prod.yaml'], { JAIROUTER_ENV: 'prod' })).toEqual(
      problem('/app/jairouter.yaml', 'there is no such file; JAIROUTER_ENV wants to lay jairouter.prod.yaml over it'),
    )
  })

  it('lets JAIROUTER_ENV lead nowhere else', () => {
    expect(find(['/app/jairouter.yaml', '/etc/passwd'], { JAIROUTER_ENV: '../../etc/passwd' })).toEqual(
      problem('/app/jairouter.yaml', 'JAIROUTER_ENV may hold letters, digits, "_" and "-" only'),
    )
  })
})
