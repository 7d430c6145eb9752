import { parseWrittenPath, writtenAt } from '../config/edit/config-path.ts'
import { exposedAnew } from '../config/secrets/exposures.ts'
import { isSame, type PlainMap } from '../config/edit/plain.ts'
import type { Environment } from '../config/interpolate.ts'
import type { Store } from '../store/port.ts'
import { DeskProblem, type ConfigDesk, type ConfigVersion } from './config-desk.ts'
import type { InForce } from './desk-state.ts'
import { changesBetween, unifiedTexts } from './prepare-change.ts'
import type { StoredSecrets } from './stored-secrets.ts'
import type { DoTextWork } from './texts/text-work.ts'
import { listVersions, readPointer, readVersion } from './version-book.ts'

/** Versions that are read at a time. */
const PAGE = 50

export type History = Pick<ConfigDesk, 'get' | 'list' | 'diff' | 'blame'>

export interface HistoryPorts {
  readonly store: Store
  readonly env: Environment
  readonly secrets: StoredSecrets
  readonly current: () => InForce
  readonly work: DoTextWork
}

/** What was in force, and when. */
export function createHistory({ store, env, secrets, current, work }: HistoryPorts): History {
  const get = async (number: number) => (number === current().version.number ? current().version : readVersion(store, number))

  const demand = async (number: number): Promise<ConfigVersion> => {
    const version = await get(number)
    if (version === undefined) throw new DeskProblem('not_found', `There is no version ${number}`)
    return version
  }

  const writtenOf = async ({ text, overlay }: ConfigVersion): Promise<PlainMap> => {
    const read = await work({ kind: 'read', texts: { text, ...(overlay === undefined ? {} : { overlay }) } }, secrets.collect())
    return 'value' in read ? read.value : {}
  }

  return {
    get,
    async list({ before, limit }) {
      const newest = (await readPointer(store)).number + 1
      return listVersions(store, { before: Math.min(before ?? newest, newest), limit })
    },
    async diff(from, to) {
      const [before, after] = await Promise.all([demand(from), demand(to)])
      await secrets.load([before.text, before.overlay ?? '', after.text, after.overlay ?? ''])
      const references = { env, secretOf: secrets.secretOf }
      const [was, is] = [await writtenOf(before), await writtenOf(after)]
      return {
        changes: changesBetween({ written: was }, is, references),
        exposed: exposedAnew(was, is),
        unified: unifiedTexts(before, after, `v${from}`, `v${to}`),
      }
    },
    async blame(path) {
      const { version, written, state } = current()
      const at = parseWrittenPath(path)
      const value = at === undefined ? undefined : writtenAt(written, at)
      if (at === undefined || value === undefined) return undefined
      let oldest = version
      for await (const earlier of versionsBelow(store, version.number)) {
        if (!isSame(writtenAt(await writtenOf(earlier), at), value)) break
        oldest = earlier
      }
      return { version: oldest, value: writtenAt(state.written, at) }
    },
  }
}

/** Newest first. */
export async function* versionsBelow(store: Store, before: number): AsyncIterable<ConfigVersion> {
  for (let page = await listVersions(store, { before, limit: PAGE }); page.length > 0;) {
    yield* page
    page = await listVersions(store, { before: page.at(-1)?.number ?? 0, limit: PAGE })
  }
}
