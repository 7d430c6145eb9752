import { Agent } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigInput } from '@jairouter/contract/config'
import { askApi, type ApiAnswer } from '../ask-api.ts'
import { askOrError } from './ask-or-error.ts'
import { startLoad, type Sent } from './open-load.ts'

export interface ChangesOptions {
  readonly url: string
  /** Access token of an admin. */
  readonly token: string
  /** A key that the load comes with. */
  readonly key: string
  readonly changes: number
  readonly everyMs: number
  readonly perSecond: number
  readonly signal?: AbortSignal
}

export interface ChangesReport {
  /** Outcomes of the load: `whole`, `stale` (answered by what an acknowledged change had done away with), or how it failed. */
  readonly requests: readonly Sent[]
  readonly changes: number
  /** Changes that the very next request did not meet, and such that were refused. */
  readonly failures: readonly string[]
  /** From a change being sent until its acknowledgement, in milliseconds, least first. */
  readonly changeMs: readonly number[]
}

/** A public name that the changes switch from one backend to the other. */
const SWITCHED = 'switched'
export const TARGETS = ['one', 'two'] as const

/** What the gateway's config needs to hold for this. */
export function switchedModel(backend: string): NonNullable<ConfigInput['models']>[number] {
  return { name: SWITCHED, service: 'chat', targets: [{ backend, model: 'sim-chat' }] }
}

interface Board {
  /** Who answers for `switched` since the last acknowledged change; undefined while one is under way. */
  answering: string | undefined
  generation: number
}

/** Changes by API, each looked for by the request that comes next, while others send what they always send. */
export async function changesUnderLoad(options: ChangesOptions): Promise<ChangesReport> {
  const { url, token, key, perSecond, signal } = options
  const board: Board = { answering: TARGETS[0], generation: 0 }
  const agent = new Agent({ keepAlive: true })
  const failures: string[] = []
  const changeMs: number[] = []
  const load = startLoad(perSecond, (number) => send(url, { agent, key, number, board }))
  const startedAt = performance.now()
  try {
    for (let number = 0; number < options.changes; number += 1) {
      await delay(Math.max(0, startedAt + number * options.everyMs - performance.now()), undefined, { signal })
      const sentAt = performance.now()
      const change = CHANGES[number % CHANGES.length]
      const failure = await change?.({
        url,
        token,
        key,
        agent,
        number,
        board,
        acknowledged: () => changeMs.push(performance.now() - sentAt),
      })
      if (failure !== undefined) failures.push(`change ${number}: ${failure}`)
    }
  } finally {
    await load.stop()
    agent.destroy()
  }
  return { requests: load.ended, changes: changeMs.length, failures, changeMs: changeMs.toSorted((a, b) => a - b) }
}

interface Step {
  readonly url: string
  readonly token: string
  readonly key: string
  readonly agent: Agent
  readonly number: number
  readonly board: Board
  readonly acknowledged: () => void
}

/** Each makes a change and looks whether the next request meets it; gives what is wrong. */
const CHANGES: readonly ((step: Step) => Promise<string | undefined>)[] = [switchTarget, makeKey, switchTarget, dropKey]

async function switchTarget({ url, token, key, agent, board, acknowledged }: Step): Promise<string | undefined> {
  const next = board.answering === TARGETS[0] ? TARGETS[1] : TARGETS[0]
  board.answering = undefined
  board.generation += 1
  const { targets } = switchedModel(next)
  const answer = await askApi(url, `PATCH /models/${SWITCHED}`, { as: token, body: { targets }, agent })
  board.answering = next
  acknowledged()
  if (answer.status !== 200) return refused(answer)
  const asked = await askSwitched(url, key, agent)
  return asked.includes(`200 ${next}`) ? undefined : `${asked} instead of 200 ${next}`
}

async function makeKey({ url, token, agent, number, acknowledged }: Step): Promise<string | undefined> {
  const answer = await askApi(url, 'POST /keys', { as: token, body: { name: nameOf(number), models: ['*'] }, agent })
  acknowledged()
  if (answer.status !== 201) return refused(answer)
  const asked = await askSwitched(url, String(answer.json['key']), agent)
  return asked.startsWith('200 ') ? undefined : `the new key: ${asked}`
}

/** Makes one more, so that there is one to be switched off whose text is known. */
async function dropKey({ url, token, agent, number, acknowledged }: Step): Promise<string | undefined> {
  const { json } = await askApi(url, 'POST /keys', { as: token, body: { name: nameOf(number), models: ['*'] }, agent })
  const answer = await askApi(url, `PATCH /keys/${String(json['id'])}`, { as: token, body: { enabled: false }, agent })
  acknowledged()
  if (answer.status !== 200) return refused(answer)
  const asked = await askSwitched(url, String(json['key']), agent)
  return asked.startsWith('401') ? undefined : `the key that is off: ${asked}`
}

const nameOf = (number: number) => `made-under-load-${number}`

function refused({ status, text }: ApiAnswer): string {
  return `${status} ${text}`
}

/** The status, and who answered. */
async function askSwitched(url: string, key: string, agent: Agent): Promise<string> {
  const body = { model: SWITCHED, messages: [{ role: 'user', content: 'who is there' }] }
  const answer = await askOrError(`${url}/v1/chat/completions`, { body, agent, headers: { authorization: `Bearer ${key}` } })
  return answer instanceof Error ? `lost: ${answer.message}` : `${answer.status} ${answer.backend}${answer.code}`
}

async function send(
  url: string,
  { agent, key, number, board }: { readonly agent: Agent; readonly key: string; readonly number: number; readonly board: Board },
): Promise<string> {
  const { answering, generation } = board
  const stream = number % 4 === 3
  const body = { model: SWITCHED, messages: [{ role: 'user', content: `question ${number}` }], ...(stream ? { stream } : {}) }
  const answer = await askOrError(`${url}/v1/chat/completions`, { body, agent, headers: { authorization: `Bearer ${key}` } })
  if (answer instanceof Error) return `lost: ${answer.message}`
  const { status, code, text, backend } = answer
  if (status !== 200) return `${status} ${code}`
  if (!(stream ? text.trimEnd().endsWith('[DONE]') : text.endsWith('}'))) return 'truncated'
  return answering !== undefined && generation === board.generation && backend !== answering ? 'stale' : 'whole'
}
