/** What is sent, how, and to whom. */
export interface Scenario {
  readonly id: string
  readonly title: string
  readonly body: 'small' | 'large' | 'stream' | 'paced-stream'
  readonly connections: number
  /** `load`: as fast as a load generator can, for throughput. `probe`: our own client, which sees the first token arrive. */
  readonly client: 'load' | 'probe'
  /** Also straight to the mock, as the zero point of what a target adds to latency. */
  readonly direct: boolean
}

export const SCENARIOS: readonly Scenario[] = [
  { id: 'json-small-1', title: 'JSON 0.6 KB, 1 connection', body: 'small', connections: 1, client: 'load', direct: true },
  { id: 'json-small-32', title: 'JSON 0.6 KB, 32 connections', body: 'small', connections: 32, client: 'load', direct: false },
  { id: 'json-large-8', title: 'JSON 200 KB, 8 connections', body: 'large', connections: 8, client: 'load', direct: false },
  { id: 'sse-16', title: 'SSE 200 tokens at full speed, 16 connections', body: 'stream', connections: 16, client: 'load', direct: false },
  {
    id: 'token-1',
    title: 'SSE 200 tokens, the first ahead of the rest, 1 connection',
    body: 'stream',
    connections: 1,
    client: 'probe',
    direct: true,
  },
  {
    id: 'token-16',
    title: 'SSE 200 tokens, one each 2 ms, 16 connections',
    body: 'paced-stream',
    connections: 16,
    client: 'probe',
    direct: true,
  },
]
