import { BACKENDS } from './backends.ts'
import type { Dashboard } from './dashboard.ts'
import { LIMITS } from './limits.ts'
import { MODELS } from './models.ts'
import { OVERVIEW } from './overview.ts'
import { RUNTIME } from './runtime.ts'
import { USAGE } from './usage.ts'

/** Every dashboard of deploy/monitoring/grafana. */
export const DASHBOARDS: readonly Dashboard[] = [OVERVIEW, MODELS, BACKENDS, LIMITS, USAGE, RUNTIME]
