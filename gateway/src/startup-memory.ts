import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Who has chosen a V8 without optimizing compilers keeps it so. */
const WITHOUT_OPTIMIZERS = /--(?:jitless|lite[-_]mode|no-?(?:opt|turbofan|maglev))\b/

/** V8's optimizing compilers, which the launcher (jairouter.cjs) turns off, work from now on. */
export function optimize(): void {
  if (WITHOUT_OPTIMIZERS.test([...process.execArgv, process.env['NODE_OPTIONS']].join(' '))) return
  setFlagsFromString('--opt')
  setFlagsFromString('--maglev')
}

/**
 * For the end of a start, once the port is open: everything is loaded, and what only loading needed goes back to the
 * system. Left alone, V8 would keep that room while the gateway has little to do: 17 MB.
 */
export function endStart(): void {
  // Entries are valid only under the flags that they were written with, and a process that is killed writes none.
  flushCompileCache()
  optimize()
  collectGarbage()
}

function collectGarbage(): void {
  // `gc` exists only in contexts that are made while the flag is set.
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  // Of V8's kinds of collection the only one that shrinks the room for new objects at once.
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
