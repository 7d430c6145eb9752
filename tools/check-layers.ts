import { posix } from 'node:path'
import { isTest, sourceFiles, type SourceFile } from './source-files.ts'
import { importsOf } from './source-text.ts'

/** All that decides or describes and does neither I/O nor keep state of its own. */
const GROUND = [
  'lib',
  'errors',
  'contract',
  'endpoints',
  'adapters',
  'balance',
  'limit',
  'breaker',
  'health',
  'fallback',
  'queue',
  'budget',
  'content',
  'experiment',
  'alert',
] as const

/**
 * Folder of `gateway/src` → what it may import besides itself: other folders, or single files of them. Arrows run
 * downwards only. The folders that meet the world know the compiled config by its type alone.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  errors: ['lib'],
  // The names of the balancers are part of the config's contract.
  balance: ['lib', 'contract'],
  limit: ['lib'],
  breaker: ['lib'],
  health: ['lib'],
  endpoints: ['lib', 'errors', 'contract', 'adapters/definition.ts'],
  adapters: ['lib', 'errors', 'contract', 'endpoints/call.ts'],
  fallback: ['lib', 'errors', 'contract', 'endpoints'],
  dialects: ['lib', 'errors', 'contract', 'endpoints'],
  queue: ['lib', 'contract'],
  // Who draws on a budget is said by the compiled key.
  budget: ['lib', 'errors', 'contract', 'config/snapshot.ts', 'config/key-id.ts'],
  content: ['lib', 'errors', 'contract', 'endpoints'],
  experiment: ['lib', 'contract'],
  alert: ['lib', 'contract'],
  config: GROUND,
  history: [...GROUND, 'config/snapshot.ts', 'config/key-id.ts', 'telemetry', 'store'],
  store: [...GROUND, 'dialects', 'config/snapshot.ts'],
  failures: [...GROUND, 'telemetry', 'history', 'store', 'auth/actor.ts', 'auth/audit'],
  alerting: [...GROUND, 'config/snapshot.ts', 'telemetry', 'history', 'failures', 'store', 'upstream', 'auth/actor.ts', 'auth/audit'],
  upstream: [...GROUND, 'config/snapshot.ts'],
  // Keys that are made while the gateway runs become records by the same steps as those of the config.
  auth: [
    ...GROUND,
    'config/snapshot.ts',
    'config/key-id.ts',
    'config/compile-auth.ts',
    'config/compile-limits.ts',
    'store/port.ts',
    'store/store-error.ts',
    'store/secrets/port.ts',
  ],
  versions: [
    ...GROUND,
    'config',
    'content',
    'experiment',
    'auth/actor.ts',
    'auth/audit',
    'store/port.ts',
    'store/store-error.ts',
    'store/secrets',
  ],
  telemetry: [...GROUND, 'config/snapshot.ts'],
  tracing: [...GROUND, 'config/snapshot.ts', 'telemetry', 'upstream'],
  relay: [...GROUND, 'config', 'auth', 'telemetry', 'upstream/port.ts', 'upstream/upstream-fault.ts'],
  http: [...GROUND, 'dialects', 'config', 'auth', 'telemetry', 'upstream', 'relay'],
  admin: [...GROUND, 'config', 'auth', 'telemetry', 'upstream', 'store', 'versions', 'history', 'failures', 'alerting'],
  simulator: ['lib', 'contract'],
}

/** The files that join the parts: the composition root and one for each command. They may import all, and nothing below imports them. */
const COMPOSITION: ReadonlySet<string> = new Set([
  'main.ts',
  'gateway.ts',
  'serve.ts',
  'zero-config.ts',
  'demo.ts',
  'simulate.ts',
  'signals.ts',
  'startup-memory.ts',
])

/** Folders of commands, and of the composition root: as the files above. */
const COMMANDS: ReadonlySet<string> = new Set(['doctor', 'probe', 'commands', 'composition'])

/** Outside `gateway/src`: workspace → what of ours it may import. The bench and the tools look at everything from outside. */
const WORKSPACES: Readonly<Record<string, readonly string[] | 'all'>> = {
  contract: [],
  bench: 'all',
  tools: 'all',
}

/** Names under which anything can be put away. */
const DRAWER = /^types$|(?:^|-)(?:utils?|helpers?|common|misc|managers?)$/

const SOURCE = 'gateway/src/'
const SCOPE = '@jairouter/'

/** What breaks the arrows or the rules of names: one line each, beginning with the file. */
export function checkLayers(root: string): string[] {
  return sourceFiles(root).flatMap((file) => [...namesOf(file.path), ...importsAgainst(file)])
}

function namesOf(path: string): string[] {
  const drawer = path.split('/').find((segment) => DRAWER.test(segment.replace(/(?:\.test)?\.\w+$/, '')))
  return drawer === undefined ? [] : [`${path}: "${drawer}" says nothing of what is in it; name it for that`]
}

function importsAgainst({ path, source }: SourceFile): string[] {
  if (isTest(path)) return []
  const allowed = allowedFrom(path)
  if (allowed === undefined) return [`${path}: ${unknownPlace(path)}`]
  if (allowed === 'all') return []
  return importsOf(source()).flatMap(({ specifier, line }) => {
    const target = targetOf(path, specifier)
    if (target === undefined || folderOf(target) === folderOf(path) || allowed.some((place) => isIn(target, place))) return []
    return [`${path}:${line}: ${folderOf(path)} may not import ${target} (ARROWS in tools/check-layers.ts)`]
  })
}

/** Undefined where no table knows the place. */
function allowedFrom(path: string): readonly string[] | 'all' | undefined {
  if (!path.includes('/')) return 'all'
  if (!path.startsWith(SOURCE)) return WORKSPACES[folderOf(path)]
  const inside = path.slice(SOURCE.length)
  if (COMMANDS.has(folderOf(path))) return 'all'
  if (inside.includes('/')) return ARROWS[folderOf(path)]
  return COMPOSITION.has(inside) ? 'all' : undefined
}

function unknownPlace(path: string): string {
  if (path.startsWith(SOURCE) && !path.slice(SOURCE.length).includes('/'))
    return 'unknown file beside gateway.ts; move it into a folder, or add it to COMPOSITION in tools/check-layers.ts'
  const table = path.startsWith(SOURCE) ? 'ARROWS' : 'WORKSPACES'
  return `unknown folder "${folderOf(path)}"; add it to ${table} in tools/check-layers.ts`
}

/** The place of what is imported, as the tables name it (`lib/hash.ts`, `contract/names`); undefined where it is not ours. */
function targetOf(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith(SCOPE)) return specifier.slice(SCOPE.length)
  if (!specifier.startsWith('.')) return undefined
  const path = posix.join(posix.dirname(importer), specifier)
  return path.startsWith(SOURCE) ? path.slice(SOURCE.length) : path
}

function folderOf(path: string): string {
  const inside = path.startsWith(SOURCE) ? path.slice(SOURCE.length) : path
  return inside.split('/')[0] ?? inside
}

function isIn(target: string, place: string): boolean {
  return target === place || target.startsWith(`${place}/`)
}
