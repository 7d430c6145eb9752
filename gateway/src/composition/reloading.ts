import type { CompileProblem } from '../config/compile-problem.ts'
import type { CompleteConfig } from '../config/live-config.ts'
import type { Parts } from './parts.ts'

export interface Reloading {
  /** Puts another config in force; without effect when it has problems. */
  apply(loaded: CompleteConfig): readonly CompileProblem[]
  /** What `apply` would say. */
  check(loaded: CompleteConfig): readonly CompileProblem[]
  /** A changed file that could not be read as a config: nothing changes, but it is to be seen. */
  reloadFailed(problems: readonly string[]): void
}

/** Another config, or a file that could not be read as one, and what is told of it. */
export function reloading(parts: Pick<Parts, 'live' | 'reloads' | 'metrics' | 'log'>): Reloading {
  const { live, reloads, metrics, log } = parts
  return {
    apply(next) {
      const before = live.snapshot
      const problems = live.apply(next)
      if (problems.length > 0) return problems
      reloads.succeeded()
      metrics.configReloaded('ok')
      const { server, admin } = live.snapshot
      const { host, port } = server
      if (host !== before.server.host || port !== before.server.port)
        log.warn({ host, port }, 'server.host and server.port take effect after a restart')
      if (admin.port !== before.admin.port) log.warn({ port: admin.port }, 'admin.port takes effect after a restart')
      return []
    },
    check(next) {
      const compiled = live.preview(next)
      return 'problems' in compiled ? compiled.problems : []
    },
    reloadFailed(problems) {
      reloads.failed(problems)
      metrics.configReloaded('invalid')
      log.error({ problems }, 'the changed config is invalid; the one before stays in force')
    },
  }
}
