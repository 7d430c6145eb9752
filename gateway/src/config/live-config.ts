import type { Config } from '@jairouter/contract/config'
import type { DiscoveredModel } from '../adapters/model-list.ts'
import type { Catalog } from './compile-offers.ts'
import { compile, type Compiled } from './compile.ts'
import type { CompileProblem } from './compile-problem.ts'
import { compileAuth, withKeys, type OtherKeys } from './compile-auth.ts'
import type { AuthSettings, Blocks, KeyRecord, Snapshot } from './snapshot.ts'

/** A config with everything it needs that is not in the file itself. */
export interface CompleteConfig {
  readonly config: Config
  /** Path of a `ca` setting -> PEM text. */
  readonly certificates: ReadonlyMap<string, string>
}

export interface LiveConfig {
  readonly snapshot: Snapshot
  /** Of the config in force: expectations that can't be checked yet, or that do not hold with what backends have listed since. */
  readonly warnings: readonly CompileProblem[]
  /** Puts a config in force, or changes nothing and says what is wrong with it. */
  apply(loaded: CompleteConfig): readonly CompileProblem[]
  /** What `apply` would put in force, or what is wrong with it; changes nothing. */
  preview(loaded: CompleteConfig): Compiled | { readonly problems: readonly CompileProblem[] }
  /** Takes in what a backend said of its models. */
  learn(backendId: string, models: readonly DiscoveredModel[]): void
  /** Keys beside those of the config, by their digests, from the next request on. Nothing else is compiled anew. */
  setKeys(records: ReadonlyMap<string, KeyRecord>): void
  /** Whom nobody is to answer, from the next request on; undefined: nobody. */
  setBlocks(blocks: Blocks | undefined): void
}

/** Keys and blocks that are not in the config. */
export interface Access {
  readonly keys: ReadonlyMap<string, KeyRecord>
  readonly blocks: Blocks | undefined
  /** Keys were made at some time, even if there are none now. */
  readonly keysWereMade: boolean
}

/** Whether another config is in force, or only other keys and blocks. */
export type SwapCause = 'config' | 'access'

/** The one place where a snapshot is replaced: after full validation, by one assignment. Throws CompileProblem[] as `problems` when the first config is invalid. */
export function createLiveConfig(
  first: CompleteConfig,
  onSwap: (snapshot: Snapshot, cause: SwapCause) => void,
  /** Left out where keys can be made by the config alone. */
  access?: Access,
): LiveConfig | { readonly problems: readonly CompileProblem[] } {
  const catalog = new Map<string, readonly DiscoveredModel[]>()
  let loaded = first
  let otherKeys: OtherKeys = {
    keys: access?.keys ?? new Map(),
    canBeMade: access !== undefined,
    wereMade: access?.keysWereMade ?? false,
  }
  let blocks = access?.blocks
  const compileWith = (next: CompleteConfig, { catalog: known, ...options }: { catalog: Catalog; generation: number; unmet?: 'warning' }) =>
    compile(next.config, known, { ...options, certificates: next.certificates, otherKeys })
  const started = compileWith(first, { catalog, generation: 1 })
  if ('problems' in started) return { problems: started.problems }
  let snapshot = withBlocks(started.snapshot, blocks)
  let { warnings } = started

  function swap(next: Snapshot, cause: SwapCause): void {
    snapshot = withBlocks(next, blocks)
    onSwap(snapshot, cause)
  }

  function takeIn(compiled: Compiled): void {
    warnings = compiled.warnings
    swap(compiled.snapshot, 'config')
  }

  /** Those of the config alone. */
  function ownAuth(): AuthSettings {
    return compileAuth(loaded.config, () => {}, {
      others: { ...otherKeys, keys: new Map(), wereMade: false },
      contentRules: snapshot.contentRules,
    })
  }

  function compileNext(next: CompleteConfig, known: Catalog): ReturnType<typeof compile> {
    return compileWith(next, { catalog: known, generation: snapshot.generation + 1 })
  }

  return {
    get snapshot() {
      return snapshot
    },
    get warnings() {
      return warnings
    },
    preview: (next) => compileNext(next, keepKnown(catalog, loaded.config, next.config)),
    apply(next) {
      const kept = keepKnown(catalog, loaded.config, next.config)
      const compiled = compileNext(next, kept)
      if ('problems' in compiled) return compiled.problems
      catalog.clear()
      for (const [id, models] of kept) catalog.set(id, models)
      loaded = next
      takeIn(compiled)
      return []
    },
    learn(backendId, models) {
      if (JSON.stringify(catalog.get(backendId)) === JSON.stringify(models)) return
      catalog.set(backendId, models)
      // A backend that lists another model than expected is to be heard of; the config in force stays in force.
      const compiled = compileWith(loaded, { catalog, generation: snapshot.generation + 1, unmet: 'warning' })
      if ('snapshot' in compiled) takeIn(compiled)
    },
    setKeys(keys) {
      otherKeys = { ...otherKeys, keys, wereMade: otherKeys.wereMade || keys.size > 0 }
      swap({ ...snapshot, auth: withKeys(ownAuth(), loaded.config, { others: otherKeys, contentRules: snapshot.contentRules }) }, 'access')
    },
    setBlocks(next) {
      blocks = next
      swap(snapshot, 'access')
    },
  }
}

function withBlocks({ blocks: _before, ...snapshot }: Snapshot, blocks: Blocks | undefined): Snapshot {
  return Object.freeze(blocks === undefined ? snapshot : { ...snapshot, blocks })
}

/** What was discovered holds as long as the backend is the same server; under another address it is to be asked again. */
function keepKnown(catalog: Catalog, before: Config, after: Config): Catalog {
  const serverOf = (config: Config) => new Map(config.backends.map(({ id, type, url }) => [id, `${type} ${url ?? ''}`]))
  const old = serverOf(before)
  const current = serverOf(after)
  return new Map([...catalog].filter(([id]) => current.get(id) !== undefined && current.get(id) === old.get(id)))
}
