import { beforeAll, onTestFinished } from 'vitest'

type CleanUp = () => unknown

/** Of the servers that are being started for a whole file; undefined while none are. */
let ofFile: CleanUp[] | undefined

/** Called when the test is over that started something, or the file, where it was started for all of its tests. */
export function whenOver(cleanUp: CleanUp): void {
  if (ofFile === undefined) onTestFinished(async () => void (await cleanUp()))
  else ofFile.push(cleanUp)
}

/** Starts something once for all tests of the file. To be called outside of them; gives what was started, within them. */
export function startedOnce<Started>(start: () => Promise<Started>): () => Started {
  let started: { readonly value: Started } | undefined
  beforeAll(async () => {
    const cleanUps: CleanUp[] = []
    ofFile = cleanUps
    try {
      started = { value: await start() }
    } finally {
      ofFile = undefined
    }
    return async () => {
      for (const cleanUp of cleanUps.toReversed()) await cleanUp()
    }
  })
  return () => {
    if (started === undefined) throw new Error('It is not started yet')
    return started.value
  }
}
