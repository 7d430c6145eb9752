import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const CONTENT = pathToFileURL(join(import.meta.dirname, '../../src/content/matcher-of.ts')).href

/** In a process of its own, since the workers of the tests share what is loaded. */
const SCRIPT = `
  import { createRequire } from 'node:module'
  const { matcherOf } = await import(${JSON.stringify(CONTENT)})
  const loaded = () => Object.keys(createRequire(${JSON.stringify(CONTENT)}).cache).some((file) => file.includes('re2js'))
  const rule = (match) => matcherOf({ name: 'x', action: 'mask', on: ['request'], mask: '', match })
  rule({ kind: 'words', words: ['falcon'] })
  rule({ kind: 'builtin', builtin: 'email' })
  const before = loaded()
  rule({ kind: 'pattern', pattern: 'a+' })
  console.log(JSON.stringify([before, loaded()]))
`

it('the library for patterns is loaded with the first of them', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT])
  expect(JSON.parse(stdout)).toEqual([false, true])
})
