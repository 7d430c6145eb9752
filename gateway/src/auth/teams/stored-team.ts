import { teamSchema, type ShownTeam } from '@jairouter/contract/management/teams'
import type { Body } from '../../store/port.ts'

/** A team in the store. */
export type StoredTeam = Omit<ShownTeam, 'id'>

const storedSchema = teamSchema.omit({ id: true })

/** Undefined for what is no team. */
export function readTeam(body: Body): StoredTeam | undefined {
  return storedSchema.safeParse(body).data
}
