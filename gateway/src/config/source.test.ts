import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createConfigSource } from './source.ts'

function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'jairouter-source-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(join(directory, 'certs'))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  return directory
}

it('reads the files anew each time', () => {
  const directory = directoryWith({ 'a.yaml': 'server: { port: ${PORT} }', 'a.prod.yaml': 'log: { level: warn }' })
  writeFileSync(join(directory, 'a.yaml'), 'server:\n  port: ${PORT}\n')
  const files = { file: join(directory, 'a.yaml'), overlay: join(directory, 'a.prod.yaml') }
  const source = createConfigSource({ ...files, env: { PORT: '81' } })
  expect(source.files).toEqual([files.file, files.overlay])
  expect(source.read()).toMatchObject({ config: { server: { port: 81 }, log: { level: 'warn' } } })
  writeFileSync(files.overlay, 'log: { level: loud }')
  expect(source.read()).toMatchObject({ problems: [{ file: files.overlay, line: 1, column: 15, path: 'log.level' }] })
  expect(createConfigSource({ file: files.file, env: {} }).files).toEqual([files.file])
})

it('reads certificates beside the config, once each, and leaves out what it cannot read', () => {
  const directory = directoryWith({ 'certs/ca.pem': 'PEM', 'a.yaml': '' })
  const backend = (id: string, ca: string) => `  - { id: ${id}, type: vllm, url: "http://a", ca: "${ca}" }\n`
  const absolute = join(directory, 'certs/ca.pem')
  writeFileSync(
    join(directory, 'a.yaml'),
    `backends:\n${backend('a', 'certs/ca.pem')}${backend('b', 'certs/ca.pem')}${backend('c', absolute)}${backend('d', 'certs/none.pem')}${backend('e', 'certs')}`,
  )
  const source = createConfigSource({ file: join(directory, 'a.yaml'), env: {} })
  const loaded = source.read()
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  expect(source.readCertificates(loaded.config)).toEqual(
    new Map([
      ['certs/ca.pem', 'PEM'],
      [absolute, 'PEM'],
    ]),
  )
})

it('does not wait for a pipe that a config calls a certificate', () => {
  const directory = directoryWith({ 'a.yaml': 'backends: [{ id: a, type: vllm, url: "http://a", ca: pipe.pem }]\n' })
  execFileSync('mkfifo', [join(directory, 'pipe.pem')])
  const source = createConfigSource({ file: join(directory, 'a.yaml'), env: {} })
  const loaded = source.read()
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  expect(source.readCertificates(loaded.config)).toEqual(new Map())
})
