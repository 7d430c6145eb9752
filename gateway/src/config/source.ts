import { dirname, resolve } from 'node:path'
import type { Config } from '@jairouter/contract/config'
import type { Certificates } from './compile-backends.ts'
import type { FoundConfig } from './find.ts'
import type { Environment } from './interpolate.ts'
import { loadConfig, type LoadResult } from './load.ts'
import { readBounded } from './read-file.ts'

/** A config file that may be read again and again. */
export interface ConfigSource {
  /** To be watched. */
  readonly files: readonly string[]
  /** As the files are now. Does not throw. */
  read(): LoadResult
  /** The CA files that a config names, relative to its own directory; what cannot be read is left out, and `compile` says so. */
  readCertificates(config: Config): Certificates
}

export function createConfigSource({ file, overlay, env }: FoundConfig & { readonly env: Environment }): ConfigSource {
  return {
    files: overlay === undefined ? [file] : [file, overlay],
    read: () => loadConfig({ file, overlay, env }),
    readCertificates: (config) => readCertificates(config, dirname(file)),
  }
}

/** Paths as the config writes them → PEM text. Relative ones start at `directory`. */
function readCertificates(config: Config, directory: string): Certificates {
  const certificates = new Map<string, string>()
  for (const { ca } of config.backends) {
    if (ca === undefined || certificates.has(ca)) continue
    try {
      certificates.set(ca, Buffer.from(readBounded(resolve(directory, ca))).toString('utf8'))
    } catch {
      // Its absence is what `compile` reports, with the place in the file.
    }
  }
  return certificates
}
