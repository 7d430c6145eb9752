import { readWritten } from '../config/edit/written.ts'
import type { PlainMap } from '../config/edit/plain.ts'
import { maskSecrets } from '../config/secrets/mask.ts'
import type { References } from '../config/interpolate.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { ConfigState, ConfigVersion } from './config-desk.ts'
import type { Loaded } from '../config/load-texts.ts'
import type { Pointer } from './version-book.ts'

/** All that is known of what is in force. */
export interface InForce {
  readonly pointer: Pointer
  readonly version: ConfigVersion
  readonly loaded: Loaded
  /** Overlay laid over it, secrets by their references. */
  readonly written: PlainMap
  readonly state: ConfigState
}

/** What a version says, secrets by their references. */
export function writtenOf({ text, overlay }: Pick<ConfigVersion, 'text' | 'overlay'>): PlainMap {
  const read = readWritten(text, overlay)
  return 'value' in read ? read.value : {}
}

export function inForce(
  pointer: Pointer,
  { version, loaded, written }: Pick<InForce, 'version' | 'loaded' | 'written'>,
  references: References,
): InForce {
  const { confirm } = pointer
  const state: ConfigState = {
    version: deepFreeze(version),
    written: deepFreeze(maskSecrets(written, references)),
    config: loaded.config,
    ...(confirm === undefined ? {} : { confirm: { by: isoTime(confirm.deadline), revertsTo: confirm.revertsTo } }),
  }
  return { pointer, version, loaded, written, state }
}
