import { Agent } from 'node:http'
import { expect } from 'vitest'
import type { JsonObject } from '../../src/lib/json.ts'
import { startDouble, understand, type ChatDouble, type Understood } from '../doubles/double.ts'
import { hearStream, hearWhole } from '../doubles/answer-reader.ts'
import { parseObject } from '../doubles/reading.ts'
import { ask, type Asked } from '../support/ask.ts'
import { startGateway } from '../support/start-gateway.ts'
import { whenOver } from '../support/when-over.ts'
import type { Asking } from './asking.ts'
import { ADAPTERS, COLUMNS, isNative, NATIVE_COLUMNS, type Column, type ColumnName } from './columns.ts'
import type { Front, Heard } from './fronts/front.ts'

/** A client of the gateway, in any dialect. */
export interface Client {
  ask(front: Front, asking: Asking, stream: boolean): Promise<Asked>
  post(front: Front, body: JsonObject): Promise<Asked>
}

/** A client whose model is behind that column, and the double there. */
export interface Cell extends Client {
  readonly double: ChatDouble
}

/** The public name of a column's model. */
const publicName = ({ name }: Column): string => `public-${name}`

const backendOf = ({ type, model, name }: Column, { url }: ChatDouble, more: { id?: string; priority?: number } = {}) => ({
  id: more.id ?? name,
  type,
  url,
  apiKey: 'key-of-the-backend',
  models: [{ name: model, as: `public-${name}`, priority: more.priority ?? 1 }],
  health: { enabled: false },
})

function clientOf(url: string, column: Column, agent?: Agent): Client {
  const post = (front: Front, body: JsonObject) => ask(`${url}${front.path}`, { body, ...(agent === undefined ? {} : { agent }) })
  return { post, ask: (front, asking, stream) => post(front, front.body(asking, publicName(column), stream)) }
}

/** One gateway before a double of each column. */
export async function startMatrix(split?: number): Promise<(name: ColumnName) => Cell> {
  const columns = [...COLUMNS, ...NATIVE_COLUMNS]
  const doubles = await Promise.all(columns.map(({ wire }) => startDouble(wire, split === undefined ? {} : { split })))
  const pairs = columns.flatMap((column, index) => {
    const double = doubles[index]
    return double === undefined ? [] : [{ column, double }]
  })
  const { url } = await startGateway({
    server: { pictures: { fetch: false } },
    adapters: ADAPTERS,
    backends: pairs.map(({ column, double }) => backendOf(column, double)),
  })
  // Thousands of connections would take longer than what is tested.
  const agent = new Agent({ keepAlive: true })
  whenOver(() => agent.destroy())
  const cells = new Map(pairs.map(({ column, double }) => [column.name, { ...clientOf(url, column, agent), double }]))
  return (name) => {
    const cell = cells.get(name)
    if (cell === undefined) throw new Error(`There is no column ${name}`)
    return cell
  }
}

/** A gateway of its own for a double that fails, as breakers remember it. */
export async function startCell(column: Column): Promise<Cell> {
  const double = await startDouble(column.wire)
  const { url } = await startGateway({ adapters: ADAPTERS, backends: [backendOf(column, double)], defaults: { retry: { attempts: 1 } } })
  return { ...clientOf(url, column), double }
}

/** Another double stands beside, which is asked second, and answers the text `ok`. */
export async function startPairOfCells(column: Column): Promise<Cell & { readonly healthy: ChatDouble }> {
  const [double, healthy] = await Promise.all([startDouble(column.wire), startDouble(column.wire)])
  const backends = [backendOf(column, double, { id: 'first' }), backendOf(column, healthy, { id: 'second', priority: 2 })]
  const { url } = await startGateway({ adapters: ADAPTERS, backends, defaults: { retry: { attempts: 2 } } })
  return { ...clientOf(url, column), double, healthy }
}

/** What the double understood of the last request. */
export function understoodBy({ wire, requests }: ChatDouble): Understood {
  const last = requests.at(-1)
  if (last === undefined) throw new Error('Nothing was asked of the double')
  return understand(wire, last.path, last.body)
}

/**
 * Reads a good answer, which must be sent as what it is. Where both sides speak OpenAI's the bytes go through, and with
 * them the upstream's name for the model.
 */
export function heardOf(front: Front, answer: Asked, { stream, column }: { stream: boolean; column: Column }): Heard {
  const { status, headers, text } = answer
  expect([status, status === 200 ? '' : text]).toEqual([200, ''])
  expect(headers['content-type']).toBe(stream ? front.streamType : 'application/json')
  if (stream) return front.hearStream(text)
  const json = parseObject(text) ?? {}
  expect(json['model']).toBe(front.name === 'openai' && column.wire === 'openai' ? column.model : publicName(column))
  return front.hear(json)
}

/** The text of a good answer, also where the backend's own bytes came through, which are not held to the letter. */
export function textIn(front: Front, answer: Asked, { stream, column }: { stream: boolean; column: Column }): string {
  if (!isNative(column)) return heardOf(front, answer, { stream, column }).text
  return (stream ? hearStream : hearWhole)(column.wire, answer.text).text
}
