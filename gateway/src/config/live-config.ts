import type { Config } from '@jairouter/contract/config'
import type { DiscoveredModel } from '../adapters/model-list.ts'
import type { Catalog } from './compile-offers.ts'
import { compile, type Compiled } from './compile.ts'
import type { CompileProblem } from './compile-problem.ts'
import type { Snapshot } from './snapshot.ts'

/** A config with everything it needs that is not in the file itself. */
export interface CompleteConfig {
  readonly config: Config
  /** Path of a `ca` setting → PEM text. */
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
}

/** The one place where a snapshot is replaced: after full validation, by one assignment. Throws CompileProblem[] as `problems` when the first config is invalid. */
export function createLiveConfig(
  first: CompleteConfig,
  onSwap: (snapshot: Snapshot) => void,
): LiveConfig | { readonly problems: readonly CompileProblem[] } {
  const catalog = new Map<string, readonly DiscoveredModel[]>()
  let loaded = first
  const started = compile(first.config, catalog, { generation: 1, certificates: first.certificates })
  if ('problems' in started) return { problems: started.problems }
  let { snapshot, warnings } = started

  function swap(next: Compiled): void {
    snapshot = next.snapshot
    warnings = next.warnings
    onSwap(snapshot)
  }

  function compileNext({ config, certificates }: CompleteConfig, known: Catalog): ReturnType<typeof compile> {
    return compile(config, known, { generation: snapshot.generation + 1, certificates })
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
      swap(compiled)
      return []
    },
    learn(backendId, models) {
      if (JSON.stringify(catalog.get(backendId)) === JSON.stringify(models)) return
      catalog.set(backendId, models)
      const generation = snapshot.generation + 1
      // A backend that lists another model than expected is to be heard of; the config in force stays in force.
      const compiled = compile(loaded.config, catalog, { generation, certificates: loaded.certificates, unmet: 'warning' })
      if ('snapshot' in compiled) swap(compiled)
    },
  }
}

/** What was discovered holds as long as the backend is the same server; under another address it is to be asked again. */
function keepKnown(catalog: Catalog, before: Config, after: Config): Catalog {
  const serverOf = (config: Config) => new Map(config.backends.map(({ id, type, url }) => [id, `${type} ${url ?? ''}`]))
  const old = serverOf(before)
  const current = serverOf(after)
  return new Map([...catalog].filter(([id]) => current.get(id) !== undefined && current.get(id) === old.get(id)))
}
