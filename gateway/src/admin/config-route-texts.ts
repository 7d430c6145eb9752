import * as schemas from '@jairouter/contract/management/config'
import { z } from 'zod'

/** Group of the operations on the config in the OpenAPI. */
export const CONFIG_TAG = 'Config'
export const CONDITION = 'With `If-Match: "v42"` it is done only while version 42 is in force (412 otherwise).'
export const SECURITY =
  'What is under `auth`, `admin`, `audit`, `store`, `config` and `network` is changed by an admin only, and where `${VAR}` is sent to.'
export const APPLIED = {
  description: 'The new version, in force; with `dryRun` what it would be',
  schema: z.union([schemas.appliedSchema, schemas.validationSchema]),
}
export const APPLIED_EXAMPLE = { ...schemas.VALIDATION_EXAMPLE, version: schemas.VERSION_EXAMPLE }
