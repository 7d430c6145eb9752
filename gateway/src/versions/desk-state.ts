import { readWritten } from '../config/edit/written.ts'
import type { PlainMap } from '../config/edit/plain.ts'
import { maskSecrets } from '../config/secrets/mask.ts'
import type { References } from '../config/interpolate.ts'
import { deepFreeze } from '../lib/deep-freeze.ts'
import { isoTime } from '../lib/iso-time.ts'
import type { ConfigState, ConfigVersion } from './config-desk.ts'
import type { Loaded } from './prepare-change.ts'
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

export function inForce(pointer: Pointer, version: ConfigVersion, loaded: Loaded, references: References): InForce {
  const read = readWritten(version.text, version.overlay)
  const written = 'value' in read ? read.value : {}
  const { confirm } = pointer
  const state: ConfigState = {
    version: deepFreeze(version),
    written: deepFreeze(maskSecrets(written, references)),
    config: loaded.config,
    ...(confirm === undefined ? {} : { confirm: { by: isoTime(confirm.deadline), revertsTo: confirm.revertsTo } }),
  }
  return { pointer, version, loaded, written, state }
}
