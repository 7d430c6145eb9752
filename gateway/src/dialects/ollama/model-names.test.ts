import { describe, expect, it } from 'vitest'
import { resolveModelName } from './model-names.ts'

describe('resolveModelName', () => {
  it.each([
    ['foo', ['foo', 'foo:latest'], 'foo'],
    ['foo:latest', ['foo', 'foo:latest'], 'foo:latest'],
    ['foo', ['foo:latest'], 'foo:latest'],
    ['foo:latest', ['foo'], 'foo'],
    ['foo:8b', ['foo', 'foo:latest', 'foo:8b:latest'], 'foo:8b'],
    ['foo:8b', ['foo'], 'foo:8b'],
    ['hf.co/user/foo', ['hf.co/user/foo:latest'], 'hf.co/user/foo:latest'],
    ['hf.co/user/foo:Q4', ['hf.co/user/foo:Q4:latest'], 'hf.co/user/foo:Q4'],
    ['host:5000/foo', ['host:5000/foo:latest'], 'host:5000/foo:latest'],
    ['host:5000/foo:latest', ['host:5000/foo'], 'host:5000/foo'],
    ['bar', ['foo'], 'bar'],
    ['bar:latest', ['foo'], 'bar:latest'],
  ])('%s among %j is %s', (name, known, expected) => {
    expect(resolveModelName(name, (candidate) => known.includes(candidate))).toBe(expected)
  })
})
