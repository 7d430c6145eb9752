import { WebSocket } from 'ws'

/** What may wait for a slow reader before the other side is paused; beyond it come one message and what was read with it. */
const HIGH_WATER_BYTES = 256 * 1024
const LOW_WATER_BYTES = 64 * 1024

/** Passes messages on as they come, in order, text as text and binary as binary. A slow reader holds the sender up. */
export function pump(from: WebSocket, to: WebSocket, onMessage: () => void): void {
  const goOn = () => {
    if (from.isPaused && to.bufferedAmount <= LOW_WATER_BYTES) from.resume()
  }
  from.on('message', (data, isBinary) => {
    onMessage()
    // It is being closed: nobody would read this any more.
    if (to.readyState !== WebSocket.OPEN || !Buffer.isBuffer(data)) return
    to.send(data, { binary: isBinary }, goOn)
    if (to.bufferedAmount > HIGH_WATER_BYTES) from.pause()
  })
}
