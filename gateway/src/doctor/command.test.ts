import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runDoctorCommand } from './command.ts'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'jairouter-doctor-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

async function run(args: readonly string[], config?: object | string) {
  if (config !== undefined) writeFileSync(join(cwd, 'jairouter.yaml'), typeof config === 'string' ? config : JSON.stringify(config))
  const out: string[] = []
  const errors: string[] = []
  const context = { env: {}, cwd, write: (text: string) => void out.push(text), writeError: (text: string) => void errors.push(text) }
  const code = await runDoctorCommand(args, context)
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

it.each(['--help', '-h'])('shows the help (%s)', async (option) => {
  expect(await run([option])).toEqual({ code: 0, out: expect.stringMatching(/^Usage: jairouter doctor /), errors: '' })
})

it.each([
  [['--bogus'], /^jairouter doctor: .*--bogus/],
  [['file.yaml'], /^jairouter doctor: .*file\.yaml/],
  [['--speed', '0'], /^jairouter doctor: --speed must be a number from 1 to 100, got "0"\n/],
  [['--speed', '101'], /got "101"\n/],
  [['--speed', 'fast'], /got "fast"\n/],
  [['--config', 'a.yaml', '--recommended'], /--config and --recommended exclude each other\n/],
  [['--speed', ''], /got ""\n/],
])('refuses %j', async (args, message) => {
  const { code, out, errors } = await run(args)
  expect([code, out]).toEqual([2, ''])
  expect(errors).toMatch(message)
  expect(errors).toContain('Usage: jairouter doctor')
})

it('examines nobody without a config, without chat, or with a config that is wrong', async () => {
  expect(await run([])).toEqual({
    code: 1,
    out: 'There is no config file: neither ./jairouter.yaml nor ./config/jairouter.yaml',
    errors: '',
  })
  expect(await run([], 'backends: []\n')).toEqual({ code: 1, out: 'The config has no chat model to examine.', errors: '' })
  const wrong = await run([], 'backends: 5\n')
  expect([wrong.code, wrong.errors]).toEqual([1, ''])
  expect(wrong.out).toMatch(/^jairouter\.yaml:1:\d+: backends: .*\n\nNobody was examined/)
  const contradiction = await run([], { models: [{ name: 'm', targets: [{ backend: 'nobody' }] }] })
  expect(contradiction.out).toMatch(/unknown backend "nobody"/)
})
