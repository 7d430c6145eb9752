import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConfigInput } from '@jairouter/contract/config'
import { describe, expect, it } from 'vitest'
import { RECOMMENDED_POLICIES } from '../../src/doctor/recommended-policies.ts'
import { eventually } from '../support/eventually.ts'
import { runCli, temporaryDirectory } from '../support/run-cli.ts'

/** Nothing listens there, so nobody who was asked in earnest would answer. */
const dead = { type: 'vllm', url: 'http://127.0.0.1:9' }
const LONG_MS = 60_000

/** Runs the command over a config until it has written what `isOver` waits for: on a busy machine that takes longer than a process is given to end. */
async function doctor(config: ConfigInput, { args = [], isOver }: { args?: readonly string[]; isOver: (stdout: string) => boolean }) {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'jairouter.yaml'), JSON.stringify(config))
  const cli = runCli(['doctor', '--speed', '50', ...args], { cwd: directory })
  await eventually(() => expect(isOver(cli.stdout()) || cli.stderr() !== '', `${cli.stdout()}${cli.stderr()}`).toBe(true), LONG_MS)
  return { code: await cli.exited(), stdout: cli.stdout(), stderr: cli.stderr() }
}

/** The constant is in a config file's own words, but may be in parsed ones too. */
function inWords(policy: unknown): NonNullable<ConfigInput['defaults']> {
  return JSON.parse(JSON.stringify(policy ?? {}))
}

describe('jairouter doctor', { timeout: 2 * LONG_MS }, () => {
  it('finds nothing to change in the policies that are recommended', async () => {
    const { chat, models } = RECOMMENDED_POLICIES
    const config: ConfigInput = {
      backends: [
        { id: 'a', ...dead, models: ['main'] },
        { id: 'b', ...dead, models: ['main'] },
        { id: 'c', ...dead, models: ['spare'] },
      ],
      services: { chat: inWords(chat) },
      models: [{ name: 'main', targets: [{ backend: 'a' }, { backend: 'b' }], ...inWords(models['main']?.policy) }],
    }
    const { code, stdout, stderr } = await doctor(config, { isOver: (text) => text.match(/^16 scenarios: /gm)?.length === 2 })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^Simulated servers, 50 times faster than real time; nothing real is called\.\n\n/)
    const card = stdout.split(/^(?=\w+: \d server)/m).find((part) => part.startsWith('main: '))
    expect(card).toMatch(/^main: 2 servers, falling back to spare\n\nid   scenario +streamed +plain +setting to change\nS01 /)
    expect(card).toContain('\n16 scenarios: 16 pass, 0 degraded, 0 fail\n')
    expect(code).toBe(0)
  })

  it('examines the recommended policies without a config', async () => {
    const cli = runCli(['doctor', '--recommended', '--speed', '50'], { cwd: await temporaryDirectory() })
    await eventually(() => expect(cli.stdout()).toMatch(/\n16 scenarios: 16 pass, 0 degraded, 0 fail\n$/), LONG_MS)
    expect([cli.stderr(), await cli.exited()]).toEqual(['', 0])
  })

  it('names the settings that let failures through to clients, as JSON too', async () => {
    const config: ConfigInput = { backends: [{ id: 'a', ...dead, models: ['m'] }], defaults: { retry: { attempts: 1 } } }
    const { code, stdout, stderr } = await doctor(config, { args: ['--json'], isOver: (text) => text.endsWith('\n}\n') })
    expect(stderr).toBe('')
    const { speed, models } = JSON.parse(stdout)
    expect([speed, models.length]).toEqual([50, 1])
    const [{ models: names, counts, rows }] = models
    expect([names, counts.fail, rows.length]).toEqual([['m'], 0, 16])
    const settingsOf = (id: string, mode: 'streamed' | 'plain'): readonly string[] => {
      const { findings } = rows.find((row: { id: string }) => row.id === id)[mode]
      return findings.flatMap(({ settings = [] }: { settings?: readonly string[] }) => settings)
    }
    const nobodyElse = (id: string) => `fallback has no model: ${id} wants a second server, or another model to fall back to`
    for (const mode of ['streamed', 'plain'] as const) {
      expect(settingsOf('S01', mode)).toEqual(['retry.attempts is 1: S01 wants 2 or more'])
      expect(settingsOf('S03', mode)).toEqual(['retry.attempts is 1: S03 wants 2 or more'])
      expect(settingsOf('S04', mode)).toEqual([nobodyElse('S04')])
      expect(settingsOf('S13', mode)).toEqual([])
    }
    expect(settingsOf('S07', 'streamed')).toContain('timeouts.firstToken is 60s: S07 wants less than 20s')
    expect(settingsOf('S08', 'streamed')).toContain('retry.resume is off: S08 wants it on')
    expect(settingsOf('S06', 'plain')).toContain('timeouts.response is 2m: S06 wants less than 100s')
    expect(code).toBe(0)
  })
})
