import { exposedAnew } from '../config/secrets/exposures.ts'
import type { ProblemDetail } from '@jairouter/contract/management/problem'
import type { CompileProblem } from '../config/compile-problem.ts'
import { diffWritten } from '../config/diff/written-diff.ts'
import { unifiedDiff } from '../config/diff/unified-diff.ts'
import { EditRefused, type ConfigEdit } from '../config/edit/config-edit.ts'
import { formatConfigPath, jsonPointer, parseWrittenPath } from '../config/edit/config-path.ts'
import { isSame, type PlainMap } from '../config/edit/plain.ts'
import { valueAt } from '../config/edit/apply-edit.ts'
import { rewriteYaml } from '../config/edit/rewrite.ts'
import { readWritten } from '../config/edit/written.ts'
import type { Environment } from '../config/interpolate.ts'
import type { CompleteConfig } from '../config/live-config.ts'
import type { Loaded, LoadTexts } from '../config/load-texts.ts'
import type { ConfigProblem } from '../config/problem.ts'
import { applyKeeping } from '../config/secrets/keep-masked.ts'
import { maskSecrets } from '../config/secrets/mask.ts'
import { sealText } from '../config/secrets/seal-text.ts'
import { dropMoved, misplacedSecrets } from '../config/secrets/secret-grants.ts'
import type { KeepSecret } from '../config/secrets/secret-text.ts'
import type { ConfigTexts, SecretOf } from '../config/source.ts'
import { DeskProblem, type ConfigChange, type ConfigVersion } from './config-desk.ts'
import { toDetail } from './diagnostics.ts'
import type { NewSecrets } from './stored-secrets.ts'

export interface PreparePorts {
  readonly load: LoadTexts
  readonly env: Environment
  readonly secretOf: SecretOf
  readonly keep: KeepSecret
  /** Secrets that are stored already, by their ids. */
  readonly stored: ReadonlyMap<string, string>
}

/** What a change starts from. */
export interface Base {
  readonly version: ConfigVersion
  /** With its overlay, secrets by their references. */
  readonly written: PlainMap
}

export interface Wanted {
  readonly texts: ConfigTexts
  /** Which stored secrets may go where; undefined: those who make the change have them anyway, or it was so before. */
  readonly granted: ReadonlySet<string> | undefined
}

/** What would be in force, as far as it can be told without the gateway. */
export interface Prepared {
  /** Without secrets; as they were given where nobody can say where the secrets are. */
  readonly texts: ConfigTexts
  readonly loaded: Loaded | undefined
  readonly written: PlainMap
  readonly diagnostics: readonly ProblemDetail[]
  /** Those of them that the loader found, as the command line shows them. */
  readonly problems: readonly ConfigProblem[]
  readonly changes: readonly ConfigChange[]
  /** Places where something of the environment, or of an adapter's secrets, goes that does not go there now. */
  readonly exposed: readonly string[]
  readonly unified: string
}

/** What would be in force. */
export interface Candidate extends Prepared {
  readonly secrets: NewSecrets
}

/** The base's text with the edits made. Throws a DeskProblem where that can't be done. */
export function editTexts({ version, written }: Base, edits: readonly ConfigEdit[]): ConfigTexts {
  const { text, overlay } = version
  const base = readWritten(text)
  if ('problems' in base) throw new DeskProblem('invalid_config', 'The text is no YAML that could be edited', base.problems.map(toDetail))
  try {
    const edited = rewriteYaml(text, applyKeeping(base.value, edits))
    if (edited === undefined)
      throw new DeskProblem('invalid_config', 'This cannot be changed without writing other parts anew; change it in the text')
    if (overlay !== undefined) refuseHidden({ written, texts: { text: edited, overlay } }, edits)
    return { text: edited, ...(overlay === undefined ? {} : { overlay }) }
  } catch (error) {
    if (!(error instanceof EditRefused)) throw error
    const isHidden = error.reason === 'not_found' && valueAt(written, error.path) !== undefined
    if (isHidden) throw hidden(formatConfigPath(error.path))
    throw new DeskProblem(error.reason === 'not_found' ? 'not_found' : 'invalid_config', error.message)
  }
}

/** An edit is made to the base text; where the overlay says otherwise it would be without effect. */
function refuseHidden({ written, texts }: { written: PlainMap; texts: ConfigTexts }, edits: readonly ConfigEdit[]): void {
  const wanted = applyKeeping(written, edits)
  const effective = readWritten(texts.text, texts.overlay)
  const found = 'value' in effective ? effective.value : {}
  const path = edits.map((edit) => edit.path).find((at) => !isSame(valueAt(wanted, at), valueAt(found, at)))
  if (path !== undefined) throw hidden(formatConfigPath(path))
}

function hidden(path: string): DeskProblem {
  const message = `${path === '' ? 'The config' : path} is said by the overlay of this environment (JAIROUTER_ENV), which hides the change`
  return new DeskProblem('hidden_by_overlay', message, [
    { pointer: jsonPointer(parseWrittenPath(path) ?? []), code: 'hidden_by_overlay', message },
  ])
}

/** Reads what is wanted and takes the secrets out of it. Does not throw for what is wrong with it. */
export function prepareTexts(base: Base, wanted: Wanted, ports: PreparePorts): Prepared {
  const { load, env, secretOf } = ports
  const { texts: given, dropped, misplaced } = takeMoved(wanted)
  const first = load(given, secretOf)
  const texts = sealTexts(given, ports)
  const read = texts === undefined ? undefined : readWritten(texts.text, texts.overlay)
  const problems = 'problems' in first ? first.problems : []
  const diagnostics = [...problems.map(toDetail), ...misplaced]
  if (texts === undefined || read === undefined || 'problems' in read) {
    return { texts: given, loaded: undefined, written: {}, diagnostics, problems, changes: [], exposed: [], unified: '' }
  }
  const isSameText = texts.text === given.text && texts.overlay === given.overlay
  const sealed = diagnostics.length > 0 ? undefined : isSameText ? first : load(texts, secretOf)
  // It was in order before its secrets were taken out; should it not be now, it must not be put in force.
  const sealedProblems = sealed !== undefined && 'problems' in sealed ? sealed.problems : []
  return {
    texts,
    loaded: sealed === undefined || 'problems' in sealed ? undefined : sealed,
    written: read.value,
    problems: [...problems, ...sealedProblems],
    diagnostics: [...diagnostics, ...sealedProblems.map(toDetail)],
    changes: changesBetween(base, read.value, { env, secretOf }, dropped),
    exposed: exposedAnew(base.written, read.value),
    unified: unifiedTexts(base.version, texts, `v${base.version.number}`, 'new'),
  }
}

/** `check`: what is wrong with it beyond its schema, as the gateway sees it now. */
export function checkPrepared(
  prepared: Prepared,
  secrets: NewSecrets,
  check: (loaded: CompleteConfig) => readonly CompileProblem[],
): Candidate {
  const { loaded } = prepared
  const problems = loaded === undefined ? [] : check(loaded).map(loaded.toConfigProblem)
  if (problems.length === 0) return { ...prepared, secrets }
  return { ...prepared, secrets, loaded: undefined, problems, diagnostics: problems.map(toDetail) }
}

/** Differences of two configs as written, secrets masked. */
export function changesBetween(
  base: Pick<Base, 'written'>,
  after: PlainMap,
  references: { readonly env: Environment; readonly secretOf: SecretOf },
  dropped: readonly string[] = [],
): readonly ConfigChange[] {
  const shown = { before: maskSecrets(base.written, references), after: maskSecrets(after, references) }
  const moved = new Set(dropped)
  return diffWritten(base.written, after, shown).map((change) =>
    change.op === 'removed' && isWithin(change.path, moved) ? { ...change, reason: 'moved' } : change,
  )
}

/** A diff that can be patched with; of the overlay as well where that is another. */
export function unifiedTexts(before: ConfigTexts, after: ConfigTexts, from: string, to: string): string {
  const base = unifiedDiff(before.text, after.text, { before: from, after: to })
  return base + unifiedDiff(before.overlay ?? '', after.overlay ?? '', { before: `${from} overlay`, after: `${to} overlay` })
}

/** All headers may have gone, and their mapping with them. */
function isWithin(path: string, moved: ReadonlySet<string>): boolean {
  return [...moved].some((place) => place === path || place.startsWith(`${path}.`) || place.startsWith(`${path}[`))
}

export interface Taken {
  readonly texts: ConfigTexts
  readonly dropped: readonly string[]
  readonly misplaced: readonly ProblemDetail[]
}

/** Takes out what would send a stored secret where it does not belong. */
export function takeMoved({ texts, granted }: Wanted): Taken {
  const base = readWritten(texts.text)
  const effective = texts.overlay === undefined ? base : readWritten(texts.text, texts.overlay)
  if ('problems' in base || 'problems' in effective) return { texts, dropped: [], misplaced: [] }
  const message = 'a stored secret may stand only where a secret belongs'
  const misplaced = misplacedSecrets(effective.value).map((path) => ({
    pointer: jsonPointer(parseWrittenPath(path) ?? [], effective.value),
    code: 'invalid_value',
    message,
  }))
  if (granted === undefined) return { texts, dropped: [], misplaced }
  const moved = dropMoved(base.value, effective.value, granted)
  if (moved.dropped.length === 0 && texts.overlay === undefined) return { texts, dropped: [], misplaced }
  const text = rewriteYaml(texts.text, moved.written)
  if (text === undefined) throw new DeskProblem('invalid_config', `${moved.dropped.join(', ')}: give the secret with the new address`)
  const rest = readWritten(text, texts.overlay)
  const left = 'value' in rest ? dropMoved(rest.value, rest.value, granted).dropped : []
  if (left[0] !== undefined) throw hidden(left[0])
  return { texts: { ...texts, text }, dropped: moved.dropped, misplaced }
}

function sealTexts(texts: ConfigTexts, ports: PreparePorts): ConfigTexts | undefined {
  const text = sealText(texts.text, ports)
  const overlay = texts.overlay === undefined ? undefined : sealText(texts.overlay, ports)
  if (text === undefined || (texts.overlay !== undefined && overlay === undefined)) return undefined
  return { text, ...(overlay === undefined ? {} : { overlay }) }
}
