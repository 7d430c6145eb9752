import { compile } from '../config/compile.ts'
import { findConfig } from '../config/find.ts'
import { formatProblem } from '../config/problem.ts'
import type { KeyRecord } from '../config/snapshot.ts'
import { createConfigSource } from '../config/source.ts'
import type { ContentRule } from '../content/rule.ts'
import type { Store } from '../store/port.ts'
import { StoreError } from '../store/store-error.ts'
import { NoUsableConfig } from '../versions/open-desk.ts'
import { openStoreOf } from './open-stored-config.ts'

/** The store of the config that is named, or found as `serve` finds it. Rejects with an Error whose message may be shown. */
export async function openNamedStore(option: string | undefined): Promise<Store> {
  const found = findConfig({ option, env: process.env, cwd: process.cwd() })
  if (found !== undefined && 'problems' in found) throw new NoUsableConfig(found.problems)
  const { settings, store } = await openStoreOf({ found, env: process.env, cwd: process.cwd(), log: SILENT })
  if (settings.type !== 'memory') return store
  await store.close()
  throw new StoreError('unavailable', 'store.type is memory: there is nothing outside of a gateway that runs')
}

/** Keys and content rules of the config that is named, or found. Throws an Error whose message may be shown. */
export function keysAndRulesOf(option: string | undefined): {
  readonly keys: ReadonlyMap<string, KeyRecord>
  readonly contentRules: ReadonlyMap<string, ContentRule>
} {
  const found = findConfig({ option, env: process.env, cwd: process.cwd() })
  if (found === undefined) return { keys: new Map(), contentRules: new Map() }
  const loaded = 'problems' in found ? found : createConfigSource({ ...found, env: process.env }).read()
  if ('problems' in loaded) throw new NoUsableConfig(loaded.problems)
  const compiled = compile(loaded.config, new Map(), { generation: 0 })
  if ('snapshot' in compiled) return { keys: compiled.snapshot.auth.keys, contentRules: compiled.snapshot.contentRules }
  throw new Error(compiled.problems.map((problem) => formatProblem(loaded.toConfigProblem(problem))).join('\n'))
}

const SILENT = { info: () => {}, warn: () => {}, error: () => {} }
