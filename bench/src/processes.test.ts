import { expect, onTestFinished, test } from 'vitest'
import { Processes } from './processes.ts'

function node(script: string) {
  return { command: process.execPath, args: ['-e', script], core: undefined }
}

function newProcesses(): Processes {
  const processes = new Processes()
  onTestFinished(() => processes.stopAll())
  return processes
}

const NEVER = new AbortController().signal
const LONG_MS = 15_000

test('a load generator runs to its end and its output comes back', async () => {
  expect(await newProcesses().run(node('console.log("done")'), LONG_MS, NEVER)).toBe('done\n')
})

test('one that fails is shown with what it said', async () => {
  const failing = newProcesses().run(node('console.error("no such thing"); process.exit(3)'), LONG_MS, NEVER)
  await expect(failing).rejects.toThrow(/ended \(3\): no such thing/)
})

test('one that does not exist is an error', async () => {
  const missing = { command: '/nowhere/at-all', args: [], core: undefined }
  await expect(newProcesses().run(missing, LONG_MS, NEVER)).rejects.toThrow(/could not be started/)
})

test('one that never ends is ended', async () => {
  await expect(newProcesses().run(node('setInterval(() => {}, 1000)'), 300, NEVER)).rejects.toThrow(/SIGKILL/)
})

test('an interrupt ends what is running', async () => {
  const interrupt = new AbortController()
  const running = newProcesses().run(node('setInterval(() => {}, 1000)'), LONG_MS, interrupt.signal)
  interrupt.abort(new Error('stopped by a signal'))
  await expect(running).rejects.toThrow('stopped by a signal')
})

test('a target says its first line, and stops', async () => {
  const processes = newProcesses()
  const target = processes.start(node('console.log("up"); setInterval(() => {}, 1000)'), 'read')
  expect(await target.firstLine()).toBe('up')
  expect(target.exited).toBeUndefined()
  await processes.stopAll()
  expect(target.exited).toMatch(/SIGTERM/)
})

test('a target that ends before its first line is an error', async () => {
  await expect(newProcesses().start(node('throw new Error("broken")'), 'read').firstLine()).rejects.toThrow(/broken/)
})
