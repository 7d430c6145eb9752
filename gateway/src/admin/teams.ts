import {
  createTeamSchema,
  patchTeamSchema,
  TEAM_EXAMPLE,
  teamListQuerySchema,
  teamListSchema,
  teamSchema,
  type ShownTeam,
} from '@jairouter/contract/management/teams'
import { z } from 'zod'
import type { ManagedAccess } from '../auth/access.ts'
import { actorName } from '../auth/actor.ts'
import { AccessProblem } from '../auth/collection/access-problem.ts'
import { tagOf } from '../auth/collection/change-request.ts'
import { mergePatch } from '../lib/merge-patch.ts'
import { isoTime } from '../lib/iso-time.ts'
import { answering, termsOf } from './access-answers.ts'
import { listPage, type ListShape } from './list-page.ts'
import { defineRoute, type AnyRoute } from './route.ts'

export interface TeamRoutePorts {
  readonly access: Pick<ManagedAccess, 'teams' | 'collections'>
  /** Epoch milliseconds. */
  readonly wallClock: () => number
}

const tag = 'Teams'
const params = z.object({ id: z.string().min(1).max(100) })
const ONE = { description: 'The team', schema: teamSchema }
const storedSchema = teamSchema.omit({ id: true })

/** Users that share budgets. */
export function teamRoutes(ports: TeamRoutePorts): readonly AnyRoute[] {
  return [...readingRoutes(ports), ...writingRoutes(ports)]
}

function readingRoutes({ access: { teams, collections }, wallClock }: TeamRoutePorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/teams',
      permission: 'teams.read',
      tag,
      summary: 'List teams',
      query: teamListQuerySchema,
      answers: { 200: { description: 'Teams', schema: teamListSchema } },
      example: { answer: { items: [TEAM_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-08-21T11:00:00.000Z' } },
      handle: ({ query }) => {
        const all = [...collections.teams.items.values()].map(({ id, body }) => ({ id, ...body }))
        return { body: listPage(all, query, shapeAt(wallClock())) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/teams/:id',
      permission: 'teams.read',
      tag,
      summary: 'Read a team',
      params,
      answers: { 200: ONE },
      example: { answer: TEAM_EXAMPLE },
      handle: ({ params: { id } }) =>
        answering(() => {
          const team = teams.get(id)
          return { body: { id, ...team.body }, etag: tagOf(team) }
        }),
    }),
  ]
}

function writingRoutes({ access: { teams, collections }, wallClock }: TeamRoutePorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/teams',
      permission: 'teams.write',
      canDryRun: true,
      tag,
      summary: 'Make a team',
      body: createTeamSchema,
      answers: { 201: ONE, 200: { description: 'With `dryRun`: as it would be', schema: teamSchema } },
      example: { request: { id: 'blue', name: 'Blue team', members: ['ada'] }, answer: TEAM_EXAMPLE },
      handle: (request) =>
        answering(async () => {
          const { id, name = id, members = [], tags = [] } = request.body
          const made = { createdAt: isoTime(wallClock()), createdBy: actorName(request.origin.actor) }
          const { item, tag: etag } = await teams.create(id, { name, members, tags, ...made }, termsOf(request))
          return { ...(request.dryRun ? {} : { status: 201, etag }), body: { id, ...item.body } }
        }),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/teams/:id',
      permission: 'teams.write',
      canDryRun: true,
      tag,
      summary: 'Change a team',
      params,
      body: patchTeamSchema,
      answers: { 200: ONE },
      example: { request: { members: ['ada', 'grace'] }, answer: { ...TEAM_EXAMPLE, members: ['ada', 'grace'] } },
      handle: (request) =>
        answering(async () => {
          const { id } = request.params
          const { item, tag: etag } = await teams.update(
            id,
            (before) => storedSchema.parse(mergePatch(before, request.body)),
            termsOf(request),
          )
          return { ...(request.dryRun ? {} : { etag }), body: { id, ...item.body } }
        }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/teams/:id',
      permission: 'teams.write',
      canDryRun: true,
      tag,
      summary: 'Remove a team that no key and no budget names',
      params,
      answers: { 204: { description: 'It is gone' } },
      handle: (request) =>
        answering(async () => {
          const { id } = request.params
          await teams.remove(id, termsOf(request), () => {
            refuseUsed(id, collections)
            return []
          })
          return { status: 204 }
        }),
    }),
  ]
}

function refuseUsed(id: string, { keys, budgets }: TeamRoutePorts['access']['collections']): void {
  const key = [...keys.items.values()].find(({ body }) => body.terms.team === id)
  if (key !== undefined) throw new AccessProblem('in_use', `The key "${key.body.terms.name}" is of this team`)
  const budget = [...budgets.items.values()].find(({ body }) => body.scope === 'team' && body.subject === id)
  if (budget !== undefined) throw new AccessProblem('in_use', `The budget "${budget.id}" is of this team`)
}

function shapeAt(now: number): ListShape<ShownTeam> {
  return {
    fields: {
      id: ({ id }) => id,
      name: ({ name }) => name,
      members: ({ members }) => members,
      tags: ({ tags }) => tags,
      createdAt: ({ createdAt }) => createdAt,
    },
    id: ({ id }) => id,
    sort: 'name',
    now,
  }
}
