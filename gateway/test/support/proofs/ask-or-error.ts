import { ask, type Asked, type AskOptions } from '../ask.ts'

/** An answer, or why there is none: a broken connection is an outcome like any other. */
export async function askOrError(url: string, options: AskOptions): Promise<Asked | Error> {
  try {
    return await ask(url, options)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
