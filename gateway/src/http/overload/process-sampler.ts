import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { createLoopDelay } from './loop-delay.ts'
import type { PressureSample } from './pressure.ts'

export interface ProcessSamplerOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Memory that this process may have; default: the container's limit, or the machine's memory. */
  readonly rssLimitBytes?: number
  /** Open now, and at most. */
  readonly sockets: () => number
  readonly socketLimit: () => number
  /** Waiting now in queues, and at most. */
  readonly queuedBytes: () => number
  readonly queuedBytesLimit: number
}

export interface ProcessSampler {
  sample(): PressureSample
  stop(): void
}

/** Reads this process and its event loop. */
export function createProcessSampler(options: ProcessSamplerOptions): ProcessSampler {
  const { now, sockets, socketLimit, queuedBytes, queuedBytesLimit } = options
  const rssLimitBytes = options.rssLimitBytes ?? memoryLimitBytes(process.constrainedMemory(), totalmem())
  const loopDelay = createLoopDelay(now())
  return {
    sample() {
      const heap = getHeapStatistics()
      return {
        loopDelayMs: loopDelay.p99Ms(now()),
        heapUsedShare: heap.used_heap_size / heap.heap_size_limit,
        rssShare: shareOf(process.memoryUsage.rss(), rssLimitBytes),
        socketsShare: shareOf(sockets(), socketLimit()),
        queuedBytesShare: shareOf(queuedBytes(), queuedBytesLimit),
      }
    },
    stop: () => loopDelay.stop(),
  }
}

/** `constrainedBytes` is 0, or more than any machine has, where the container sets no limit. */
export function memoryLimitBytes(constrainedBytes: number, totalBytes: number): number {
  return constrainedBytes > 0 ? Math.min(constrainedBytes, totalBytes) : totalBytes
}

/** A limit of 0 (no queue, say) is one that nothing comes near to. */
function shareOf(used: number, limit: number): number {
  return limit > 0 ? used / limit : 0
}
