import { adapterSchema, type AdapterData, type AdapterInput } from '@jairouter/contract/adapter'
import { deepFreeze } from '../lib/deep-freeze.ts'

/** How one type of backend speaks: frozen, JSON-shaped data under one schema. */
export type AdapterDefinition = Readonly<AdapterData> & { readonly id: string }

/** Checks and freezes a definition. Throws a ZodError that names the field. */
export function defineAdapter(id: string, input: AdapterInput): AdapterDefinition {
  return deepFreeze({ ...adapterSchema.parse(input), id })
}
