import type { ConfigInput } from '@jairouter/contract/config'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startRelayed, startSimulatorForTest, type Relayed } from './start-pair.ts'

export interface Faulty extends Relayed {
  /** Always asked first. */
  readonly faulty: Simulator
  /** Asked only when the faulty one can't serve; undefined when the gateway has no other. */
  readonly healthy: Simulator | undefined
}

export interface FaultyOptions {
  readonly second: boolean
  /** Laid over the config. */
  readonly config?: Omit<ConfigInput, 'backends'>
}

/** Short answers: some faults send them byte by byte. */
export const TOKENS = 6

/** A gateway before a model server that is to fail, with or without a healthy one behind it. No probes: what is seen is the request's own doing. */
export async function startFaulty({ second, config }: FaultyOptions): Promise<Faulty> {
  const faulty = await startSimulatorForTest({ name: 'first', tokens: TOKENS })
  const healthy = second ? await startSimulatorForTest({ name: 'second', tokens: TOKENS }) : undefined
  const common = { type: 'openai-compatible', models: [...faulty.models], health: { enabled: false } }
  const backends = [
    { ...common, id: 'first', url: faulty.url, priority: 1 },
    ...(healthy === undefined ? [] : [{ ...common, id: 'second', url: healthy.url, priority: 2 }]),
  ]
  return { ...(await startRelayed({ ...config, backends })), faulty, healthy }
}

/** The error body that every SDK reads: these four keys and no other. */
export interface ErrorBody {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

/** Throws unless `text` is OpenAI's error body with its four keys, each of its type. */
export function errorBodyOf(text: string): ErrorBody {
  const value: unknown = JSON.parse(text)
  const error: unknown = isRecord(value) && Object.keys(value).join() === 'error' ? value['error'] : undefined
  if (!isRecord(error) || Object.keys(error).toSorted().join() !== 'code,message,param,type') throw new Error(`no error body: ${text}`)
  const { message, type, param, code } = error
  if (typeof message !== 'string' || message === '' || typeof type !== 'string' || !isText(param) || !isText(code))
    throw new Error(`an error body with a wrong value: ${text}`)
  return { message, type, param, code }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}
