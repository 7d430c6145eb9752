import { dirname, resolve } from 'node:path'
import type { Config } from '@jairouter/contract/config'
import type { Certificates } from './compile-backends.ts'
import type { FoundConfig } from './find.ts'
import type { Environment, References } from './interpolate.ts'
import { loadConfig, type LoadResult } from './load.ts'
import type { ConfigProblem } from './problem.ts'
import { describeReadError, MAX_CONFIG_BYTES, readBounded, readBoundedFile } from './read-file.ts'

/** A config as text. */
export interface ConfigTexts {
  readonly text: string
  /** Laid over it. */
  readonly overlay?: string
}

export type SecretOf = NonNullable<References['secretOf']>

/** Makes a config of texts, wherever they are kept. */
export interface TextSource {
  /** Problems name the files of the source. Does not throw. */
  load(texts: ConfigTexts, secretOf: SecretOf): LoadResult
  readCertificates(config: Config): Certificates
}

/** Without a file; paths in the config are relative to the directory. */
export function createTextSource({ directory, env }: { readonly directory: string; readonly env: Environment }): TextSource {
  return textSource({ file: 'config', overlay: 'overlay' }, directory, env)
}

/** A config file that may be read again and again. */
export interface ConfigSource extends TextSource {
  /** To be watched. */
  readonly files: readonly string[]
  /** As the files are now. Does not throw. */
  read(): LoadResult
  /** What the files hold now. Does not throw. */
  readTexts(): ConfigTexts | { readonly problems: readonly ConfigProblem[] }
}

export function createConfigSource({ file, overlay, env }: FoundConfig & { readonly env: Environment }): ConfigSource {
  return {
    files: overlay === undefined ? [file] : [file, overlay],
    read: () => loadConfig({ file, overlay, env }),
    readTexts: () => readTexts(file, overlay),
    ...textSource({ file, overlay: overlay ?? 'overlay' }, dirname(file), env),
  }
}

function textSource(names: { readonly file: string; readonly overlay: string }, directory: string, env: Environment): TextSource {
  return {
    load: ({ text, overlay }, secretOf) =>
      loadConfig({
        file: names.file,
        overlay: overlay === undefined ? undefined : names.overlay,
        env,
        secretOf,
        readFile: (name) => Buffer.from(name === names.file ? text : (overlay ?? '')),
      }),
    readCertificates: (config) => readCertificates(config, directory),
  }
}

function readTexts(file: string, overlay: string | undefined): ConfigTexts | { readonly problems: readonly ConfigProblem[] } {
  const text = readText(file)
  const over = overlay === undefined ? undefined : readText(overlay)
  if (typeof text !== 'string') return text
  if (typeof over === 'object') return over
  return { text, ...(over === undefined ? {} : { overlay: over }) }
}

function readText(file: string): string | { readonly problems: readonly ConfigProblem[] } {
  const unreadable = (message: string) => ({ problems: [{ file, line: 0, column: 0, path: '', message }] })
  try {
    const bytes = readBounded(file)
    if (bytes.length > MAX_CONFIG_BYTES) return unreadable(`is larger than ${MAX_CONFIG_BYTES / 1024 ** 2} MB`)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // Nearly always a file that is just being written.
    return text.trim() === '' ? unreadable('is empty') : text
  } catch (error) {
    return unreadable(error instanceof TypeError ? 'is not UTF-8 text' : describeReadError(error))
  }
}

/** The CA files that a config names; what cannot be read is left out, and `compile` says so. Paths as the config writes them -> PEM text. Relative ones start at `directory`. */
function readCertificates(config: Config, directory: string): Certificates {
  const certificates = new Map<string, string>()
  for (const { ca } of config.backends) {
    if (ca === undefined || certificates.has(ca)) continue
    try {
      certificates.set(ca, Buffer.from(readBoundedFile(resolve(directory, ca))).toString('utf8'))
    } catch {
      // Its absence is what `compile` reports, with the place in the file.
    }
  }
  return certificates
}
