import type { Config } from '@jairouter/contract/config'
import { compile } from '../config/compile.ts'
import { findConfig } from '../config/find.ts'
import { formatPath } from '../config/problem.ts'
import type { Snapshot } from '../config/snapshot.ts'
import type { Store } from '../store/port.ts'
import { StoreError } from '../store/store-error.ts'
import { NoUsableConfig } from '../versions/open-desk.ts'
import { readPointer } from '../versions/version-book.ts'
import { openDeskOver, openStoreOf, type OpenedStore, type StoredConfigOptions } from './open-stored-config.ts'

/** The store of the config that is named, or found as `serve` finds it. Rejects with an Error whose message may be shown. */
export async function openNamedStore(option: string | undefined): Promise<Store> {
  return (await openNamed(option)).opened.store
}

/** With keys and content rules of the config in force. Rejects with an Error whose message may be shown. */
export async function openNamedKeys(option: string | undefined): Promise<{ readonly store: Store } & KeysAndRules> {
  const { opened, where } = await openNamed(option)
  try {
    return { store: opened.store, ...(await keysAndRulesOf(opened, where)) }
  } catch (error) {
    await opened.store.close()
    throw error
  }
}

interface KeysAndRules {
  readonly keys: Snapshot['auth']['keys']
  readonly contentRules: Snapshot['contentRules']
}

async function openNamed(option: string | undefined): Promise<{ readonly opened: OpenedStore; readonly where: StoredConfigOptions }> {
  const [env, cwd] = [process.env, process.cwd()]
  const found = findConfig({ option, env, cwd })
  if (found !== undefined && 'problems' in found) throw new NoUsableConfig(found.problems)
  const where = { found, env, cwd, log: SILENT }
  const opened = await openStoreOf(where)
  if (opened.settings.type !== 'memory') return { opened, where }
  await opened.store.close()
  throw new StoreError('unavailable', 'store.type is memory: there is nothing outside of a gateway that runs; name it with --url')
}

/** Of the version in force; where no gateway has been started yet, of the file. */
async function keysAndRulesOf(opened: OpenedStore, where: StoredConfigOptions): Promise<KeysAndRules> {
  const config = await configOf(opened, where)
  if (config === undefined) return { keys: new Map(), contentRules: new Map() }
  const compiled = compile(config, new Map(), { generation: 0, otherKeys: { keys: new Map(), canBeMade: true, wereMade: false } })
  if ('problems' in compiled) throw new Error(compiled.problems.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('\n'))
  const { auth, contentRules } = compiled.snapshot
  return { keys: auth.keys, contentRules }
}

async function configOf(opened: OpenedStore, where: StoredConfigOptions): Promise<Config | undefined> {
  if ((await readPointer(opened.store)).number > 0) {
    const desk = await openDeskOver(opened, where, { withFile: false })
    desk.close()
    return desk.loaded.config
  }
  const loaded = opened.source?.read()
  if (loaded !== undefined && 'problems' in loaded) throw new NoUsableConfig(loaded.problems)
  return loaded?.config
}

const SILENT = { info: () => {}, warn: () => {}, error: () => {} }
