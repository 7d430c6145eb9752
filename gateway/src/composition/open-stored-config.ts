import { resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { ConfigInput } from '@jairouter/contract/config'
import { withAuditLines } from './audit-lines.ts'
import type { FoundConfig } from '../config/find.ts'
import type { Environment } from '../config/interpolate.ts'
import type { StoreSettings } from '../config/snapshot.ts'
import { createTextLoader } from '../config/load-texts.ts'
import { createConfigSource, createTextSource, type ConfigSource } from '../config/source.ts'
import { readStoreSettings } from '../config/store-settings.ts'
import { measuredStore } from '../store/measured-store.ts'
import { openStore, type OpenStoreOptions } from '../store/open-store.ts'
import type { Store } from '../store/port.ts'
import type { SecretBox } from '../store/secrets/port.ts'
import { openSecretBox, type KeyBox } from '../store/secrets/secret-box.ts'
import { StoreMeter } from '../telemetry/store-meter.ts'
import { openConfigDesk } from '../versions/open-config-desk.ts'
import { NoUsableConfig, type DeskLog, type OpenDesk } from '../versions/open-desk.ts'
import { createTextThread } from '../versions/texts/text-thread.ts'

export interface StoredConfigOptions {
  /** Undefined: there is no config file. */
  readonly found: FoundConfig | undefined
  readonly env: Environment
  readonly cwd: string
  readonly log: DeskLog
}

/** The store that a config names, and what opens its secrets. */
export interface OpenedStore {
  readonly settings: StoreSettings
  readonly store: Store
  /** How it is doing. */
  readonly meter: StoreMeter
  readonly box: KeyBox
  /** The config file, if there is one. */
  readonly source: ConfigSource | undefined
}

/** Rejects with a NoUsableConfig where the file does not say where the store is, and as the store does. */
export async function openStoreOf({
  found,
  env,
  cwd,
  log,
  isApart,
}: StoredConfigOptions & Pick<OpenStoreOptions, 'isApart'>): Promise<OpenedStore> {
  const source = found === undefined ? undefined : createConfigSource({ ...found, env })
  const settings = settingsOf(source, env, cwd)
  const meter = new StoreMeter()
  const measured = measuredStore(await openStore(settings, { now: Date.now, log, ...(isApart === undefined ? {} : { isApart }) }), {
    note: (...noted) => meter.note(...noted),
    now: () => performance.now(),
  })
  const store = withAuditLines(measured, log)
  try {
    const box = await openSecretBox({ env, path: settings.type === 'memory' ? undefined : settings.path, log })
    return { settings, store, meter, box, source }
  } catch (error) {
    await store.close()
    throw error
  }
}

export interface DeskStart {
  /** What the command line says wins over every version. */
  readonly server?: ConfigInput['server']
  /** The first version where there is no file. Default: a config without backends. */
  readonly seed?: string
  /** false: the file is left alone. */
  readonly withFile?: boolean
}

/** The desk over an open store. Rejects with a NoUsableConfig, and as the store does. */
export function openDeskOver(
  { store, box, source }: Pick<OpenedStore, 'store' | 'source'> & { readonly box: SecretBox },
  options: StoredConfigOptions,
  start: DeskStart = {},
): Promise<OpenDesk> {
  const { found, env, cwd, log } = options
  const { server = {}, seed = 'backends: []\n', withFile = true } = start
  const load = createTextLoader(source ?? createTextSource({ directory: cwd, env }), server)
  return openConfigDesk({
    store,
    box,
    env,
    seed,
    log,
    now: Date.now,
    load,
    thread: createTextThread({ data: { found: source === undefined ? undefined : found, cwd, env, server }, load }),
    ...(source === undefined || !withFile ? {} : { readFile: () => source.readTexts() }),
  })
}

function settingsOf(source: ConfigSource | undefined, env: Environment, cwd: string): StoreSettings {
  const texts = source?.readTexts() ?? { text: 'store: {}\n' }
  if ('problems' in texts) throw new NoUsableConfig(texts.problems)
  const settings = readStoreSettings(texts, env)
  if (settings !== undefined) return { ...settings, path: resolve(cwd, settings.path) }
  const loaded = source?.read()
  const unknown = { file: source?.files[0] ?? 'config', line: 0, column: 0, path: 'store', message: 'does not say where the store is' }
  throw new NoUsableConfig(loaded !== undefined && 'problems' in loaded ? loaded.problems : [unknown])
}
