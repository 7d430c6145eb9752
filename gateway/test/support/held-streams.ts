import type { ServerResponse } from 'node:http'
import { eventually } from './eventually.ts'
import { answerJson, startScripted, type ScriptedServer } from './scripted-server.ts'

/** A model server whose answers begin at once and end when the test says so. */
export interface HeldBackend extends ScriptedServer {
  /** Requests for a model so far. */
  asked(): number
  /** Resolves when that many were asked for. */
  waitForAsked(count: number): Promise<void>
  /** Ends every answer that is open, properly. */
  finish(): void
  /** Breaks every connection whose answer is open. */
  drop(): void
}

interface Held {
  readonly response: ServerResponse
  readonly stream: boolean
}

const head = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'held' }

export async function startHeld(): Promise<HeldBackend> {
  const open = new Set<Held>()
  const server = await startScripted(({ method, path, body }, response) => {
    if (path === '/v1/models') return answerJson(response, { data: [{ id: 'held' }] })
    if (method !== 'POST') return answerJson(response, {})
    const stream = body.includes('"stream":true')
    if (stream) begin(response)
    open.add({ response, stream })
  })
  const asked = () => server.requests.filter(({ method }) => method === 'POST').length
  return {
    ...server,
    asked,
    waitForAsked: (count) =>
      eventually(() => {
        if (asked() < count) throw new Error(`${asked()} requests have come, not ${count}`)
      }),
    finish() {
      for (const { response, stream } of open) {
        if (stream) end(response)
        else answerWhole(response)
      }
      open.clear()
    },
    drop() {
      for (const { response } of open) response.destroy()
      open.clear()
    },
  }
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(event({ ...head, choices: [{ index: 0, delta: { role: 'assistant', content: 'begun' }, finish_reason: null }] }))
}

function end(response: ServerResponse): void {
  response.end(`${event({ ...head, choices: [{ index: 0, delta: { content: ' and ended' }, finish_reason: 'stop' }] })}data: [DONE]\n\n`)
}

function answerWhole(response: ServerResponse): void {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'whole' }, finish_reason: 'stop' }]
  answerJson(response, { ...head, object: 'chat.completion', choices })
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`
}
