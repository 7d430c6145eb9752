import type { Origin } from '../auth/audit/audit-entry.ts'
import { isObject, listOf, stringOf, type JsonObject } from '../lib/json.ts'
import type { Store } from '../store/port.ts'
import { DeskProblem, type ChangeRequest } from '../versions/config-desk.ts'
import type { OpenDesk } from '../versions/open-desk.ts'
import { unifiedTexts } from '../versions/prepare-change.ts'
import type { ApiClient } from './api-client.ts'
import { listVersions, readPointer, readVersion } from '../versions/version-book.ts'

export interface ListedVersion {
  readonly number: number
  readonly author: string
  readonly time: string
  readonly origin: string
  readonly message: string
}

/** What the command does with configs, wherever they are. Each rejects with an Error whose message may be shown. */
export interface ConfigClient {
  versions(limit: number): Promise<readonly ListedVersion[]>
  /** Undefined: the one in force. */
  text(number: number | undefined): Promise<string>
  diff(from: number, to: number): Promise<string>
  /** Resolve with the number of the new version. */
  rollback(number: number, message: string | undefined): Promise<number>
  import(text: string, message: string | undefined): Promise<number>
}

const CLI: Origin = { actor: { kind: 'cli' } }

/** On the store itself. `openDesk` is asked only for changes: to look, no config has to be usable. */
export function storeClient(store: Store, openDesk: () => Promise<OpenDesk>): ConfigClient {
  const read = async (number: number) => {
    const version = await readVersion(store, number)
    if (version === undefined) throw new Error(`There is no version ${number}`)
    return version
  }
  const newest = async () => {
    const { number } = await readPointer(store)
    if (number === 0) throw new Error('The store has no config yet: start the gateway first')
    return number
  }
  const change = async (wanted: ChangeRequest['change'], action: string, message: string | undefined) => {
    await newest()
    const desk = await openDesk()
    try {
      if (desk.state.config.config.managed === 'file') {
        throw new DeskProblem('managed_by_file', 'The config is managed by its file (config.managed: file): make this change there')
      }
      return (await desk.change({ change: wanted, origin: CLI, action, target: 'config', ...(message === undefined ? {} : { message }) }))
        .version.number
    } finally {
      desk.close()
    }
  }
  return {
    versions: async (limit) => listVersions(store, { before: (await newest()) + 1, limit }),
    text: async (number) => (await read(number ?? (await newest()))).text,
    diff: async (from, to) => unifiedTexts(await read(from), await read(to), `v${from}`, `v${to}`),
    rollback: (number, message) => change({ restore: number }, 'config.rollback', message),
    import: (text, message) => change({ text }, 'config.import', message ?? 'Imported'),
  }
}

/** Over the management API of a gateway that runs. */
export function apiConfig(api: ApiClient): ConfigClient {
  const numberOf = ({ version }: JsonObject) => (isObject(version) ? Number(version['number']) : 0)
  return {
    versions: async (limit) =>
      listOf((await api.fields(`/config/versions?limit=${limit}`))['items'])
        .filter(isObject)
        .map(({ number, author, time, origin, message }) => ({
          number: Number(number),
          author: stringOf(author),
          time: stringOf(time),
          origin: stringOf(origin),
          message: stringOf(message),
        })),
    text: (number) => api.text(`/config/export${number === undefined ? '' : `?version=${number}`}`),
    diff: async (from, to) => stringOf((await api.fields(`/config/diff?from=${from}&to=${to}`))['unified']),
    rollback: async (number, message) => {
      const body = message === undefined ? {} : { message }
      return numberOf(await api.fields(`/config/versions/${number}/rollback`, { method: 'POST', body }))
    },
    import: async (text, message) => {
      const query = message === undefined ? '' : `?message=${encodeURIComponent(message)}`
      return numberOf(await api.fields(`/config/import${query}`, { method: 'POST', type: 'application/yaml', text }))
    },
  }
}
