import type { Origin } from '../auth/audit/audit-entry.ts'
import { isObject, listOf, stringOf } from '../lib/json.ts'
import type { Store } from '../store/port.ts'
import { DeskProblem, type ChangeRequest } from '../versions/config-desk.ts'
import type { OpenDesk } from '../versions/open-desk.ts'
import { unifiedTexts } from '../versions/prepare-change.ts'
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
export function apiClient({ url, token }: { readonly url: string; readonly token: string | undefined }): ConfigClient {
  const base = `${url.replace(/\/+$/, '')}/admin/api/config`
  const ask = async (path: string, init: { method?: string; body?: string; type?: string } = {}) => {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(init.type === undefined ? {} : { 'content-type': init.type }),
    }
    const answer = await reach(`${base}${path}`, {
      method: init.method ?? 'GET',
      headers,
      redirect: 'error',
      ...(init.body === undefined ? {} : { body: init.body }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(describeProblem(answer.status, text))
    return text
  }
  const json = async (path: string, init?: Parameters<typeof ask>[1]) => toObject(await ask(path, init))
  const numberOf = (answer: Readonly<Record<string, unknown>>) => (isObject(answer['version']) ? Number(answer['version']['number']) : 0)
  return {
    versions: async (limit) =>
      listOf((await json(`/versions?limit=${limit}`))['items'])
        .filter(isObject)
        .map(({ number, author, time, origin, message }) => ({
          number: Number(number),
          author: stringOf(author),
          time: stringOf(time),
          origin: stringOf(origin),
          message: stringOf(message),
        })),
    text: (number) => ask(`/export${number === undefined ? '' : `?version=${number}`}`),
    diff: async (from, to) => stringOf((await json(`/diff?from=${from}&to=${to}`))['unified']),
    rollback: async (number, message) =>
      numberOf(
        await json(`/versions/${number}/rollback`, {
          method: 'POST',
          type: 'application/json',
          body: JSON.stringify(message === undefined ? {} : { message }),
        }),
      ),
    import: async (text, message) =>
      numberOf(
        await json(`/import${message === undefined ? '' : `?message=${encodeURIComponent(message)}`}`, {
          method: 'POST',
          type: 'application/yaml',
          body: text,
        }),
      ),
  }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    const { origin } = new URL(url)
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : 'no answer'
    throw new Error(`The gateway at ${origin} cannot be reached: ${cause}`, { cause: error })
  }
}

/** RFC 9457, in lines. */
function describeProblem(status: number, text: string): string {
  const problem = toObject(text)
  const title = stringOf(problem['title'])
  const head =
    title === '' ? `The gateway answered ${status}` : `${title}${problem['detail'] === undefined ? '' : `: ${stringOf(problem['detail'])}`}`
  const details = listOf(problem['errors'])
    .filter(isObject)
    .map(({ pointer, message, line }) => `  ${stringOf(pointer)}${typeof line === 'number' ? ` (line ${line})` : ''}: ${stringOf(message)}`)
  return [head, ...details].join('\n')
}

function toObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
