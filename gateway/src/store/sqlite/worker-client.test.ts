import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { SILENT } from '../store-log.ts'
import type { DatabaseRunner } from './database-runner.ts'
import { WorkerClient } from './worker-client.ts'
import type { WorkerData, WorkerReply, WorkerRequest } from './worker-protocol.ts'

/** A thread that says what the test wants. */
class FakeWorker extends EventEmitter {
  readonly requests: WorkerRequest[] = []

  postMessage(request: WorkerRequest): void {
    this.requests.push(request)
    if (request.method === 'close') this.emit('exit', 0)
  }

  answer(answer: Partial<Extract<WorkerReply, { readonly error: unknown }>> & { readonly value?: unknown }): void {
    this.emit('message', { id: this.requests.at(-1)?.id, ...answer })
  }

  ref(): void {}
  unref(): void {}
}

function started(startApart?: (data: WorkerData) => DatabaseRunner | undefined) {
  const workers: FakeWorker[] = []
  const data: WorkerData[] = []
  const client = new WorkerClient({
    folder: 'f',
    now: () => 0,
    log: SILENT,
    ...(startApart === undefined ? {} : { startApart }),
    start: (given) => {
      const worker = new FakeWorker()
      workers.push(worker)
      data.push(given)
      // Only what the client uses of it is there.
      return worker as unknown as Worker
    },
  })
  return { client, workers, data }
}

const fault = (kind: 'unavailable' | 'full', rewrite: boolean, fatal: boolean) => ({ error: { kind, message: 'm' }, fatal, rewrite })

describe('WorkerClient', () => {
  it('after an error of the disk has the next thread write everything anew, once', async () => {
    const { client, workers, data } = started()
    const first = client.call('number')
    workers[0]?.answer({ value: 1 })
    await first
    const failed = client.call('number')
    workers[0]?.answer(fault('unavailable', true, true))
    await expect(failed).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' })
    const second = client.call('number')
    workers[1]?.answer({ value: 2 })
    expect(await second).toBe(2)
    const again = client.call('number')
    workers[1]?.answer(fault('unavailable', false, true))
    await expect(again).rejects.toMatchObject({ kind: 'unavailable' })
    void client.call('number').catch(() => undefined)
    expect(data.map(({ first: isFirst, rewrite }) => ({ isFirst, rewrite }))).toEqual([
      { isFirst: true, rewrite: false },
      { isFirst: false, rewrite: true },
      { isFirst: false, rewrite: false },
    ])
    await client.close()
  })

  it('keeps a thread that only could not do what it was asked, and stays first until one has opened', async () => {
    const { client, workers, data } = started()
    const failed = client.call('number')
    workers[0]?.answer(fault('unavailable', false, true))
    await expect(failed).rejects.toMatchObject({ kind: 'unavailable' })
    const full = client.call('number')
    workers[1]?.answer(fault('full', false, false))
    await expect(full).rejects.toMatchObject({ kind: 'full' })
    const fine = client.call('number')
    workers[1]?.answer({ value: 3 })
    expect([await fine, data.map(({ first }) => first)]).toEqual([3, [true, true]])
    await client.close()
  })

  it('asks another one as long as there is one, and a thread from then on', async () => {
    const apart = [new FakeWorker(), new FakeWorker()]
    const left = [...apart]
    const { client, workers } = started(() => left.shift())
    for (const [index, runner] of apart.entries()) {
      const early = client.call('number')
      runner.answer({ value: index })
      expect(await early).toBe(index)
      runner.emit('exit')
    }
    const late = client.call('number')
    workers[0]?.answer({ value: 2 })
    expect([await late, workers.length]).toEqual([2, 1])
    await client.close()
  })
})
