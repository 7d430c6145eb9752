import { open } from 'node:fs/promises'
import { resolve } from 'node:path'

const MAXIMUM_BYTES = 65_536
const OTHERS = 0o077

/** Relative paths start at `directory`. Throws an Error that may be shown to who runs the gateway. */
export function createKeyFileReader(directory: string): (file: string) => Promise<string> {
  return async (file) => {
    const handle = await open(resolve(directory, file), 'r').catch(() => {
      throw new Error(`auth.tokens.privateKeyFile: ${file} cannot be read`)
    })
    try {
      const { mode, size } = await handle.stat()
      if ((mode & OTHERS) !== 0) throw new Error(`auth.tokens.privateKeyFile: others may read ${file}; chmod 600 it`)
      if (size > MAXIMUM_BYTES) throw new Error(`auth.tokens.privateKeyFile: ${file} is too large for a key`)
      return await handle.readFile('utf8')
    } finally {
      await handle.close()
    }
  }
}
