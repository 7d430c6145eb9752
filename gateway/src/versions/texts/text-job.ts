import type { ConfigEdit } from '../../config/edit/config-edit.ts'
import type { PlainMap } from '../../config/edit/plain.ts'
import { readWritten, type Written } from '../../config/edit/written.ts'
import { grantsOf } from '../../config/secrets/secret-grants.ts'
import { sealText } from '../../config/secrets/seal-text.ts'
import type { ConfigTexts } from '../../config/source.ts'
import { editTexts, prepareTexts, takeMoved, type Base, type PreparePorts, type Prepared, type Wanted } from '../prepare-change.ts'

/** Something that is done with the texts of configs: of long ones it takes seconds. */
export type TextJob =
  | { readonly kind: 'read'; readonly texts: ConfigTexts }
  | { readonly kind: 'edit'; readonly base: Base; readonly edits: readonly ConfigEdit[] }
  | { readonly kind: 'prepare'; readonly base: Base; readonly wanted: Wanted }
  | { readonly kind: 'seal'; readonly texts: ConfigTexts; readonly granted: ReadonlySet<string> }

/** Without secrets. */
export interface SealedText {
  readonly text: string
  /** Where its stored secrets go; undefined: nobody can say. */
  readonly granted: readonly string[] | undefined
}

export interface TextResults {
  readonly read: Written
  readonly edit: ConfigTexts
  readonly prepare: Prepared
  readonly seal: SealedText
}

/** Throws a DeskProblem. */
export function runTextJob<Kind extends TextJob['kind']>(
  job: Extract<TextJob, { readonly kind: Kind }>,
  ports: PreparePorts,
): TextResults[Kind]
export function runTextJob(job: TextJob, ports: PreparePorts): TextResults[TextJob['kind']] {
  switch (job.kind) {
    case 'read':
      return readWritten(job.texts.text, job.texts.overlay)
    case 'edit':
      return editTexts(job.base, job.edits)
    case 'prepare':
      return prepareTexts(job.base, job.wanted, ports)
    case 'seal':
      return seal(job.texts, job.granted, ports)
  }
}

function seal(given: ConfigTexts, granted: ReadonlySet<string>, ports: PreparePorts): SealedText {
  const { texts } = takeMoved({ texts: given, granted })
  const text = sealText(texts.text, ports) ?? texts.text
  const meant = readWritten(text, texts.overlay)
  return { text, granted: 'value' in meant ? [...grantsOf(meant.value)] : undefined }
}

/** How much there is to read. */
export function lengthOf(job: TextJob): number {
  const texts = 'texts' in job ? [job.texts] : job.kind === 'edit' ? [job.base.version] : [job.base.version, job.wanted.texts]
  return Math.max(...texts.map(({ text, overlay = '' }) => text.length + overlay.length))
}

/** The job as it can be handed to another thread. */
export function detached(job: TextJob): TextJob {
  if (!('base' in job)) return job
  const { version, written }: { version: Base['version']; written: PlainMap } = job.base
  return { ...job, base: { version, written } }
}
