import { keyIdOf } from '../config/key-id.ts'
import type { KeyRecord } from '../config/snapshot.ts'
import type { Budget } from './budget.ts'

export interface Team {
  readonly id: string
  /** Users, by name or id. */
  readonly members: readonly string[]
  readonly tags: readonly string[]
}

/** Which budgets a request draws on: found once for each key, and looked up from then on. */
export class Draws {
  readonly #teams: ReadonlyMap<string, Team>
  readonly #byModel = new Map<string, Budget[]>()
  readonly #others: readonly Budget[]
  readonly #ofKey = new WeakMap<KeyRecord, readonly Budget[]>()
  readonly #ofNobody: readonly Budget[]

  constructor(budgets: Iterable<Budget>, teams: Iterable<Team>) {
    const enabled = [...budgets].filter((budget) => budget.enabled)
    this.#teams = new Map([...teams].map((team) => [team.id, team]))
    this.#others = enabled.filter(({ scope }) => scope !== 'model')
    this.#ofNobody = this.#others.filter(({ scope }) => scope === 'all')
    for (const budget of enabled.filter(({ scope }) => scope === 'model')) {
      const known = this.#byModel.get(budget.subject)
      if (known === undefined) this.#byModel.set(budget.subject, [budget])
      else known.push(budget)
    }
  }

  get none(): boolean {
    return this.#others.length === 0 && this.#byModel.size === 0
  }

  of(key: KeyRecord | undefined, model: string, share: 'all' | 'model'): readonly Budget[] {
    const ofModel = this.#byModel.get(model) ?? NONE
    if (share === 'model') return ofModel
    const others = key === undefined ? this.#ofNobody : this.#forKey(key)
    if (ofModel.length === 0) return others
    return others.length === 0 ? ofModel : [...others, ...ofModel]
  }

  #forKey(key: KeyRecord): readonly Budget[] {
    const known = this.#ofKey.get(key)
    if (known !== undefined) return known
    const teams = this.#teamsOf(key)
    const tags = new Set([...(key.tags ?? []), ...teams.flatMap((id) => this.#teams.get(id)?.tags ?? [])])
    const found = this.#others.filter(({ scope, subject }) => {
      switch (scope) {
        case 'all':
          return true
        case 'key':
          return subject === keyIdOf(key)
        case 'team':
          return teams.includes(subject)
        case 'user':
          return subject === key.owner || subject === key.ownerId
        default:
          return tags.has(subject)
      }
    })
    this.#ofKey.set(key, found)
    return found
  }

  /** The key's own team; without one, those that its owner is in. */
  #teamsOf({ team, owner, ownerId = owner }: KeyRecord): readonly string[] {
    if (team !== undefined) return [team]
    if (owner === undefined || ownerId === undefined) return []
    return [...this.#teams.values()].filter(({ members }) => members.includes(owner) || members.includes(ownerId)).map(({ id }) => id)
  }
}

const NONE: readonly Budget[] = []
