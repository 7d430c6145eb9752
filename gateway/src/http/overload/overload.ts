import type { Server } from 'node:http'
import type { ServerSettings } from '../../config/snapshot.ts'
import { createOverloadMonitor, type LevelChange, type OverloadMonitor } from './overload-monitor.ts'
import { createProcessSampler } from './process-sampler.ts'

/** Bodies of requests that wait for an instance with room, all together. */
const QUEUED_BYTES = 256 * 1024 ** 2

export interface OverloadOptions {
  /** Those in force; asked at every look. */
  readonly settings: () => ServerSettings['overload']
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly connections: () => number
  readonly queuedBytes: () => number
  readonly onChange: (change: LevelChange) => void
}

/** Watches this process: event loop, heap, memory, connections, queues. `calm` while the settings turn it off. */
export function createOverload({ settings, now, connections, queuedBytes, onChange }: OverloadOptions): OverloadMonitor {
  const sampler = createProcessSampler({
    now,
    sockets: connections,
    socketLimit: () => settings().connections,
    queuedBytes,
    queuedBytesLimit: QUEUED_BYTES,
  })
  const monitor = createOverloadMonitor({
    sample: sampler.sample,
    limits: settings,
    onChange: (change) => settings().enabled && onChange(change),
  })
  return {
    level: () => (settings().enabled ? monitor.level() : 'calm'),
    pressure: monitor.pressure,
    stop() {
      monitor.stop()
      sampler.stop()
    },
  }
}

/** How many connections a server has open; its own count is told only by a callback. */
export function countConnections(server: Server): () => number {
  let open = 0
  server.on('connection', (socket) => {
    open += 1
    socket.once('close', () => {
      open -= 1
    })
  })
  return () => open
}
