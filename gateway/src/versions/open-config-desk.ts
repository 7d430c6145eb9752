import { DeskKeeper } from './desk-keeper.ts'
import type { DeskOptions, OpenDesk } from './open-desk.ts'

/**
 * Opens the desk over a store: takes in a config file that has changed since it was last taken in, makes a first version
 * where there is none, and takes back what nobody confirmed in time. Rejects with a NoUsableConfig, or as the store does.
 */
export async function openConfigDesk(options: DeskOptions): Promise<OpenDesk> {
  const keeper = new DeskKeeper(options)
  await keeper.open()
  return keeper
}
