// The model server of the bench: as little work as a server on node:http can do, so that it is never what is measured.
import { createServer, type Server, type ServerResponse } from 'node:http'
import { answerBody, EVENTS_PER_WRITE, FIRST_TOKEN_LEAD_MS, MODEL, PACE_MS, streamEvents } from '../exchange-bodies.ts'
import { runAsChild } from './run-as-child.ts'

/** `stream` and `user` stand within the first bytes of the bench's bodies: no JSON is parsed here. */
const PREFIX_BYTES = 256
const ANSWER = answerBody()
const EVENTS = streamEvents()
/** The role, and the first token. */
const OPENING_EVENTS = 2
const OPENING = Buffer.concat(EVENTS.slice(0, OPENING_EVENTS))
const REST = inPieces(EVENTS.slice(OPENING_EVENTS), EVENTS_PER_WRITE)
const MODELS = Buffer.from(JSON.stringify({ object: 'list', data: [{ id: MODEL, object: 'model', created: 0, owned_by: 'bench' }] }))

export function createMockUpstream(): Server {
  // Longer than any pause between windows, so that no target meets a connection that is being closed.
  return createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
    if (request.method === 'GET') return answerJson(response, request.url === '/v1/models' ? MODELS : Buffer.from('{}'))
    let first: Buffer | undefined
    request.on('data', (chunk: Buffer) => (first ??= chunk))
    request.on('end', () => answerChat(response, first?.toString('latin1', 0, PREFIX_BYTES) ?? ''))
  })
}

function answerChat(response: ServerResponse, prefix: string): void {
  if (!prefix.includes('"stream":true')) return answerJson(response, ANSWER)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  if (prefix.includes('"user":"paced"')) sendPaced(response)
  else sendAtFullSpeed(response)
}

function answerJson(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

/** The role and the first token; after a moment the rest, a turn of the event loop between two writes: other streams get their turn too. */
function sendAtFullSpeed(response: ServerResponse): void {
  response.write(OPENING)
  setTimeout(sendRest, FIRST_TOKEN_LEAD_MS, response, 0)
}

function sendRest(response: ServerResponse, index: number): void {
  const piece = REST[index]
  if (response.destroyed) return
  if (piece === undefined) return void response.end()
  if (response.write(piece)) setImmediate(sendRest, response, index + 1)
  else response.once('drain', () => sendRest(response, index + 1))
}

/** The role and the first token, as from a server that has just read its prompt; then one event a beat. */
function sendPaced(response: ServerResponse): void {
  let index = OPENING_EVENTS
  response.write(OPENING)
  const beat = setInterval(() => {
    const event = EVENTS[index]
    if (event === undefined) response.end()
    if (event === undefined || response.destroyed) return clearInterval(beat)
    index += 1
    response.write(event)
  }, PACE_MS)
}

function inPieces(events: readonly Buffer[], size: number): readonly Buffer[] {
  const count = Math.ceil(events.length / size)
  return Array.from({ length: count }, (_, index) => Buffer.concat(events.slice(index * size, (index + 1) * size)))
}

if (import.meta.main) runAsChild(createMockUpstream())
