import { CounterFamily, HistogramFamily, type ShownFamily } from './metric-family.ts'
import { STATE_METRICS } from './metric-rows-state.ts'

/** Counts what a store is asked; it is there before the gateway that shows it. */
export class StoreMeter {
  readonly #duration = new HistogramFamily(STATE_METRICS.storeDuration)
  readonly #errors = new CounterFamily(STATE_METRICS.storeErrors)

  /** `code`: of the failure; undefined: it went well. */
  note(operation: string, milliseconds: number, code: string | undefined): void {
    this.#duration.cell(operation).observe(milliseconds / 1_000)
    if (code !== undefined) this.#errors.cell(operation, code).value += 1
  }

  families(): readonly ShownFamily[] {
    return [this.#duration, this.#errors]
  }
}
