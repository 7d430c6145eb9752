import type { Agent } from 'node:http'
import { dataOf } from '../sse-data.ts'
import { askOrError } from './ask-or-error.ts'

const MODEL = 'sim-chat'

export interface SimulatedQuestion {
  readonly number: number
  readonly stream: boolean
  /** The client's own address, of 127.0.0.0/8. */
  readonly from?: string
}

/** `whole`, or how it failed: a status with its code, `told` for a stream that ended with an error event, `lost` for a broken connection. */
export async function askSimulated(url: string, agent: Agent, question: SimulatedQuestion): Promise<string> {
  const { number, stream, from } = question
  const body = { model: MODEL, messages: [{ role: 'user', content: `question ${number}` }], ...(stream ? { stream } : {}) }
  const options = { body, agent, ...(from === undefined ? {} : { localAddress: from }) }
  const answer = await askOrError(`${url}/v1/chat/completions`, options)
  if (answer instanceof Error) return `lost: ${answer.message}`
  const { status, text, code } = answer
  if (status !== 200) return `${status} ${code}`
  if (!stream) return text.endsWith('}') && text.includes('"finish_reason":"stop"') ? 'whole' : 'truncated'
  const events = dataOf(text)
  const last = events.at(-1)
  if (last === '[DONE]') return events.some((data) => data.includes('"finish_reason":"stop"')) ? 'whole' : 'truncated'
  return last?.startsWith('{"error"') === true ? 'told' : 'truncated'
}
