import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { GatheredOutput } from './gathered-output.ts'

function openFile(): { descriptor: number; read: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'gathered-output-'))
  const path = join(folder, 'log')
  const descriptor = openSync(path, 'a')
  onTestFinished(() => {
    closeSync(descriptor)
    rmSync(folder, { recursive: true })
  })
  return { descriptor, read: () => readFileSync(path, 'utf8') }
}

test('lines come out whole and in order, short ones and such that are longer than a piece', async () => {
  const { descriptor, read } = openFile()
  const output = new GatheredOutput(descriptor)
  const lines = Array.from({ length: 3_000 }, (_, index) => `${index} ${'ä€😀'.repeat(index % 50)}\n`)
  lines.splice(1_500, 0, `${'x'.repeat(200_000)}\n`)
  for (const line of lines) output.write(line)
  await eventually(() => expect(read().length).toBe(lines.join('').length))
  expect(read()).toBe(lines.join(''))
})

test('a single line does not wait for others', async () => {
  const { descriptor, read } = openFile()
  new GatheredOutput(descriptor).write('one\n')
  await eventually(() => expect(read()).toBe('one\n'))
})

test('at the end everything is written out at once', () => {
  const { descriptor, read } = openFile()
  const output = new GatheredOutput(descriptor)
  output.write('one\n')
  output.write('two\n')
  output.flushSync()
  expect(read()).toBe('one\ntwo\n')
  output.flushSync()
  expect(read()).toBe('one\ntwo\n')
})

test('an output that is gone is no fault of the one who writes', async () => {
  const output = new GatheredOutput(1_000_000)
  for (let index = 0; index < 5_000; index += 1) output.write(`${'x'.repeat(100)}\n`)
  output.flushSync()
  await eventually(() => expect(() => output.write('more\n')).not.toThrow())
})
