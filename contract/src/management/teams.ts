import { z } from 'zod'
import { identifier } from '../identifiers.ts'
import { label } from '../key.ts'
import { listAnswerSchema, listQuerySchema } from './list.ts'

const name = z.string().trim().min(1).max(100)
/** Ids of users. */
const members = z.array(label).max(1_000)
const tags = z.array(label).max(50)

export const createTeamSchema = z.strictObject({
  id: identifier,
  name: name.optional(),
  members: members.optional(),
  tags: tags.optional(),
})

/** RFC 7396: what is not named stays. */
export const patchTeamSchema = z.strictObject({ name: name.optional(), members: members.optional(), tags: tags.optional() })

export const teamSchema = z.object({ id: z.string(), name, members, tags, createdAt: z.string(), createdBy: z.string() })
export type ShownTeam = z.output<typeof teamSchema>

export const teamListQuerySchema = listQuerySchema.extend({
  name: z.string().max(100).optional(),
  members: z.string().max(100).optional(),
  tags: z.string().max(100).optional(),
})
export const teamListSchema = listAnswerSchema(teamSchema)

export const TEAM_EXAMPLE: ShownTeam = {
  id: 'blue',
  name: 'Blue team',
  members: ['ada'],
  tags: ['research'],
  createdAt: '2026-08-21T11:00:00.000Z',
  createdBy: 'admin',
}
