import { describe, expect, it } from 'vitest'
import { simulateCommand } from './command.ts'
import { FAULT_NAMES } from './faults/table.ts'
import { startSimulator } from './simulator.ts'

async function run(...args: string[]) {
  const lines: string[] = []
  const result = await simulateCommand(args, (line) => lines.push(line))
  return { result, text: lines.join('\n') }
}

describe('simulateCommand', () => {
  it('starts a simulator with what the flags say and tells where it is', async () => {
    const { result, text } = await run(
      '--name',
      'one',
      '--models',
      'a/b, c',
      '--tokens',
      '3',
      '--latency',
      '1ms',
      '--tokens-per-second=5000',
      '--api-key',
      'k',
    )
    if (!('simulator' in result)) throw new Error(text)
    const { simulator } = result
    try {
      expect(text).toContain(`${simulator.url}/v1`)
      expect(text).toContain('a/b, c')
      const headers = { authorization: 'Bearer k' }
      const response = await fetch(`${simulator.url}/v1/chat/completions`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ model: 'a/b', messages: [{ role: 'user', content: 'hi' }] }),
      })
      expect(response.headers.get('x-simulator')).toBe('one')
      expect(await response.json()).toMatchObject({ usage: { completion_tokens: 3 } })
      expect((await fetch(`${simulator.url}/v1/models`)).status).toBe(401)
    } finally {
      await simulator.close()
    }
  })

  it.each(['port', 'latency', 'first-token', 'tokens-per-second', 'tokens'])('refuses nonsense for --%s by name', async (flag) => {
    const { result, text } = await run(`--${flag}`, 'soon')
    expect(text).toContain(`--${flag}`)
    expect(text).toContain("'soon'")
    expect(result).toEqual({ exitCode: 2 })
  })

  it.each([['--models', ' , '], ['--nonsense'], ['--port'], ['--port', '70000'], ['--api-key', '']])('refuses %s', async (...args) => {
    const { result, text } = await run(...args)
    expect(text).toContain(args[0])
    expect(result).toEqual({ exitCode: 2 })
  })

  it('lists every fault', async () => {
    const { result, text } = await run('--list-faults')
    expect(FAULT_NAMES.filter((name) => !text.includes(` ${name} `))).toEqual([])
    expect(result).toEqual({ exitCode: 0 })
  })

  it('shows its flags', async () => {
    const { result, text } = await run('--help')
    expect(text).toContain('--first-token')
    expect(result).toEqual({ exitCode: 0 })
  })

  it('ends with 1 when the port is taken', async () => {
    const other = await startSimulator()
    const { result, text } = await run('--port', String(other.port))
    await other.close()
    expect(text).toContain('EADDRINUSE')
    expect(result).toEqual({ exitCode: 1 })
  })
})
