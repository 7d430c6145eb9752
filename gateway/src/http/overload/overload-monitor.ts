import { levelOf, pressureOf, type Level, type PressureLimits, type PressureSample } from './pressure.ts'

export interface LevelChange {
  readonly from: Level
  readonly to: Level
  readonly pressure: number
  /** What it was found from: tells the log which resource it is. */
  readonly sample: PressureSample
}

export interface OverloadMonitorOptions {
  readonly sample: () => PressureSample
  /** Those in force. */
  readonly limits: () => PressureLimits
  /** Default 1,000. */
  readonly intervalMs?: number
  readonly onChange: (change: LevelChange) => void
}

export interface OverloadMonitor {
  /** As of the last look; `calm` before the first. */
  level(): Level
  /** As of the last look; 0 before the first. */
  pressure(): number
  stop(): void
}

/** Looks once a second; requests read what it saw last, for nothing. Its timer keeps no process alive. */
export function createOverloadMonitor(options: OverloadMonitorOptions): OverloadMonitor {
  const { sample: take, limits, intervalMs = 1_000, onChange } = options
  let level: Level = 'calm'
  let pressure = 0

  function look(): void {
    const sample = take()
    const from = level
    pressure = pressureOf(sample, limits())
    level = levelOf(pressure, from)
    if (level !== from) onChange({ from, to: level, pressure, sample })
  }

  const timer = setInterval(look, intervalMs)
  timer.unref()
  return { level: () => level, pressure: () => pressure, stop: () => clearInterval(timer) }
}
