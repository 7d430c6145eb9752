import { executionAsyncResource } from 'node:async_hooks'
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What has run once in a start: V8 drops its code when that many collections have not seen it run. */
const COLLECTIONS = 3
const LATER_MS = 1_000
let isAsked = false

/** Who has chosen a V8 without optimizing compilers keeps it so. */
const WITHOUT_OPTIMIZERS = /--(?:jitless|lite[-_]mode|no-?(?:opt|turbofan|maglev))\b/

/**
 * V8's optimizing compilers, which the launcher (jairouter.cjs) keeps out, work from now on. Called for the first request:
 * what a gateway without any does now and then would bring them into memory within minutes, with nobody to be faster for.
 */
export function optimize(): void {
  isAsked = true
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
  collectGarbage(COLLECTIONS)
  // What the first looks at the backends have left: 1 MB. Not under the hands of who asks already.
  setTimeout(() => {
    if (!isAsked) collectGarbage(1)
  }, LATER_MS).unref()
}

/** Objects that are never looked at, but must not go. */
const kept: object[] = []

/**
 * Node makes an object for each `process.nextTick`, and V8 remembers its shape only while there is such an object: once a
 * collection has found none, each costs eight times as much for the rest of the process, 2 us for a request. In between there is none.
 */
process.nextTick(() => kept.push(executionAsyncResource()))

function collectGarbage(times: number): void {
  // `gc` exists only in contexts that are made while the flag is set.
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect !== 'function') return
  // Of V8's kinds of collection the only one that shrinks the room for new objects at once.
  for (let time = 0; time < times; time += 1) collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
