import type { BreakerConfig, ConfigInput, PolicyConfig } from '@jairouter/contract/config'

/** As under `defaults` in a config file, or as it is after parsing. */
export type PolicySettings = PolicyConfig | NonNullable<ConfigInput['defaults']>

/** Left out, each is as for a backend. */
export interface DoctorInstance {
  readonly weight?: number
  readonly priority?: number
  readonly maxConcurrency?: number
  readonly breaker?: BreakerConfig | NonNullable<NonNullable<ConfigInput['defaults']>['breaker']>
}

export interface DoctorModel {
  /** What its entry under `models` says; left out where it has none. */
  readonly policy?: PolicySettings
  /** One simulated server for each; at least one. */
  readonly instances: readonly DoctorInstance[]
}

/** How requests for a chat model are handled, without who answers them. */
export interface DoctorPolicies {
  /** The one that is examined. */
  readonly model: string
  /** For everything, and for chat. */
  readonly defaults?: PolicySettings
  readonly chat?: PolicySettings
  /** By public name: the examined one, and those to which fallback chains lead. */
  readonly models: Readonly<Record<string, DoctorModel>>
}
