import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Ending, Reply, SentEvent, Step } from './reply.ts'

/** Writes an answer. Resolves when it is written, or when the connection is gone; true if all that was meant was written. */
export async function play(reply: Reply, response: ServerResponse): Promise<boolean> {
  const socket = response.socket
  if (socket === null) return false
  const complete = await playAnswer(reply, response, socket)
  if (complete && reply.trailing !== undefined) void runSteps(reply.trailing, socket, socket)
  return complete
}

async function playAnswer(reply: Reply, response: ServerResponse, socket: Socket): Promise<boolean> {
  if (reply.delayMs > 0 && !(await pause(reply.delayMs, socket))) return false
  switch (reply.body.kind) {
    case 'bytes':
      playBytes(reply, reply.body.bytes, response)
      return true
    case 'events':
      response.writeHead(reply.status, reply.headers)
      return playEvents(reply.body.events, response, socket)
    case 'steps':
      response.writeHead(reply.status, reply.headers)
      if (!(await runSteps(reply.body.steps, socket, response))) return false
      if (!socket.destroyed) response.end()
      return true
    case 'raw':
      if (!(await runSteps(reply.body.steps, socket, socket))) return false
      endSocket(socket, 'fin')
      return true
  }
}

/** The quick way for the usual answer: no promise, one write. */
export function playBytes(reply: Reply, bytes: Buffer, response: ServerResponse): void {
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(bytes.length) })
  if (reply.surplus !== undefined) response.write(bytes)
  response.end(reply.surplus ?? bytes)
}

async function playEvents(events: readonly SentEvent[], response: ServerResponse, socket: Socket): Promise<boolean> {
  if ((events[0]?.waitMs ?? 0) > 0) response.flushHeaders()
  for (const event of events) {
    if (event.waitMs > 0 && !(await pause(event.waitMs, socket))) return false
    // Left alone, node:http gathers what is written within a tick into one chunk; a model server writes each event on its own.
    response.cork()
    const room = response.write(event.bytes)
    response.uncork()
    if (!room && response.writableNeedDrain && !(await drained(response, socket))) return false
  }
  response.end()
  return true
}

/** Each buffer is given to the kernel before the next step. False when the client left before the last step. */
async function runSteps(steps: Iterable<Step>, socket: Socket, target: ServerResponse | Socket): Promise<boolean> {
  for (const step of steps) {
    if (socket.destroyed) return false
    if (Buffer.isBuffer(step)) await flushed(step, socket, target)
    else if ('waitMs' in step) await pause(step.waitMs, socket)
    else return finish(step.end, socket)
  }
  return true
}

/** A hang is finished when the client gives up, so it never was what the client waited for. */
async function finish(how: Ending, socket: Socket): Promise<boolean> {
  if (how === 'hang') {
    await closed(socket)
    return false
  }
  endSocket(socket, how)
  return true
}

export function endSocket(socket: Socket, how: Ending): void {
  if (how === 'reset') socket.resetAndDestroy()
  else if (how === 'fin') socket.destroySoon()
}

function flushed(bytes: Buffer, socket: Socket, target: ServerResponse | Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('close', done)
      resolve()
    }
    socket.once('close', done)
    target.write(bytes, done)
  })
}

function drained(response: ServerResponse, socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle)
      socket.off('close', settle)
      resolve(!socket.destroyed)
    }
    response.once('drain', settle)
    socket.once('close', settle)
  })
}

/** True when the client is still there afterwards. 0 is one turn of the event loop, so that a reader may see what was written so far. */
async function pause(ms: number, socket: Socket): Promise<boolean> {
  if (ms > 0) await elapsed(ms, socket)
  else await turn()
  return !socket.destroyed
}

function elapsed(ms: number, socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      socket.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    socket.once('close', done)
  })
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
}
