/** What the bench tells its probe process. */
export interface ProbeOrder {
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodyFile: string
  readonly connections: number
  readonly durationMs: number
  readonly staggerMs: number
}
