import type { Config, ConfigInput } from '@jairouter/contract/config'
import type { CompileProblem } from './compile-problem.ts'
import type { CompleteConfig } from './live-config.ts'
import type { ConfigProblem } from './problem.ts'
import type { ConfigTexts, SecretOf, TextSource } from './source.ts'

/** A config that was read, with what leads its problems back to their places. */
export type Loaded = CompleteConfig & { readonly toConfigProblem: (problem: CompileProblem) => ConfigProblem }

export type LoadTexts = (texts: ConfigTexts, secretOf: SecretOf) => Loaded | { readonly problems: readonly ConfigProblem[] }

/** Reads texts as the gateway would use them. `server`: what the command line says wins over every version. */
export function createTextLoader(source: TextSource, server: NonNullable<ConfigInput['server']> = {}): LoadTexts {
  const { host, port } = server
  const over = { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port }) }
  return (texts, secretOf) => {
    const loaded = source.load(texts, secretOf)
    if ('problems' in loaded) return loaded
    const config: Config = { ...loaded.config, server: { ...loaded.config.server, ...over } }
    return { config, certificates: source.readCertificates(config), toConfigProblem: loaded.toConfigProblem }
  }
}
