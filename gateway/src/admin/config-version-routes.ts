import * as schemas from '@jairouter/contract/management/config'
import { z } from 'zod'
import { isoTime } from '../lib/iso-time.ts'
import { applyChange, shownVersion, versionTag } from './config-version-answers.ts'
import { APPLIED, APPLIED_EXAMPLE, CONDITION, CONFIG_TAG as tag, SECURITY } from './config-route-texts.ts'
import type { ConfigVersion } from '../versions/config-desk.ts'
import type { ConfigVersionPorts } from './config-versions.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

const number = z.object({ number: z.coerce.number().int().min(1) })
const { VERSION_EXAMPLE, DIFF_EXAMPLE, TEXT_EXAMPLE } = schemas
const permission = 'config.read' as const

/** The versions that are kept: listed, compared, put in force again, deleted. */
export function versionRoutes(ports: ConfigVersionPorts): readonly AnyRoute[] {
  return [...listRoutes(ports), ...restoringRoutes(ports), ...comparingRoutes(ports)]
}

function listRoutes({ desk, now }: ConfigVersionPorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/config/versions',
      permission,
      tag,
      summary: 'List versions, the newest first',
      query: schemas.versionListQuerySchema,
      answers: { 200: { description: 'Versions, without their texts', schema: schemas.configVersionListSchema } },
      example: { answer: { items: [VERSION_EXAMPLE], total: null, asOf: '2026-08-21T11:00:00.000Z' } },
      handle: async ({ query: { limit, cursor, ...filter } }) => {
        const found: ConfigVersion[] = []
        let before = cursor === undefined ? undefined : Number(cursor)
        while (found.length <= limit) {
          const some = await desk.list({ limit: limit + 1, ...(before === undefined ? {} : { before }) })
          before = some.at(-1)?.number
          if (before === undefined) break
          found.push(...some.filter((version) => isWanted(version, filter)))
        }
        const page = found.slice(0, limit)
        const last = page.at(-1)
        const next = found.length > limit && last !== undefined ? { next: String(last.number) } : {}
        return { body: { items: page.map((version) => shownVersion(version, desk)), ...next, total: null, asOf: isoTime(now()) } }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/config/versions/:number',
      permission,
      tag,
      summary: 'Read a version',
      params: number,
      answers: { 200: { description: 'With its text', schema: schemas.configVersionTextSchema } },
      example: { answer: { ...VERSION_EXAMPLE, text: TEXT_EXAMPLE } },
      handle: async ({ params }) => {
        const version = await desk.get(params.number)
        if (version === undefined) throw new AdminProblem('not_found', `There is no version ${params.number}`)
        const { text, overlay } = version
        return { body: { ...shownVersion(version, desk), text, ...(overlay === undefined ? {} : { overlay }) }, etag: versionTag(version) }
      },
    }),
  ]
}

function restoringRoutes({ desk }: ConfigVersionPorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'DELETE',
      path: '/config/versions/:number',
      permission: 'config.write',
      tag,
      summary: 'Delete a version',
      description: 'Not the one in force (409), nor one that comes back unless another is confirmed.',
      params: number,
      answers: { 204: { description: 'It is gone' } },
      handle: async ({ params, origin }) => {
        await desk.remove(params.number, origin)
        return { status: 204 }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/config/versions/:number/rollback',
      permission: 'config.write',
      tag,
      canDryRun: true,
      summary: 'Put the content of a version in force again',
      description: `As a new version. ${CONDITION} ${SECURITY}`,
      params: number,
      body: schemas.rollbackSchema,
      answers: { 200: APPLIED },
      example: {
        request: { message: 'As it was before' },
        answer: { ...APPLIED_EXAMPLE, version: { ...VERSION_EXAMPLE, origin: 'rollback', restores: 40 } },
      },
      handle: (request) => {
        const { body, params } = request
        const target = `config/versions/${params.number}`
        return applyChange(desk, request, {
          change: { restore: params.number },
          action: 'config.rollback',
          target,
          message: body.message,
          confirmWithinMs: body.confirmWithin,
        })
      },
    }),
  ]
}

function comparingRoutes({ desk }: ConfigVersionPorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/config/diff',
      permission,
      tag,
      summary: 'Compare two versions',
      query: schemas.diffQuerySchema,
      answers: {
        200: {
          description: 'What is different, as paths and as text; `to`: the one in force when left out',
          schema: schemas.configDiffSchema,
        },
      },
      example: { answer: DIFF_EXAMPLE },
      handle: async ({ query }) => {
        const { changes, unified } = await desk.diff(query.from, query.to ?? desk.state.version.number)
        return { body: { changes, unified } }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/config/blame',
      permission,
      tag,
      summary: 'Find the version that gave a value its content',
      query: schemas.blameQuerySchema,
      answers: { 200: { description: 'The oldest version of those that are kept since when it is so', schema: schemas.blameSchema } },
      example: { answer: { path: 'backends[gpu-1].weight', version: VERSION_EXAMPLE, value: 5 } },
      handle: async ({ query: { path } }) => {
        const found = await desk.blame(path)
        if (found === undefined) throw new AdminProblem('not_found', `There is no ${path}`)
        return { body: { path, version: shownVersion(found.version, desk), value: found.value } }
      },
    }),
  ]
}

type Filter = Pick<z.output<typeof schemas.versionListQuerySchema>, 'q' | 'origin' | 'author'>

function isWanted(version: ConfigVersion, { q, origin, author }: Filter): boolean {
  if (origin !== undefined && version.origin !== origin) return false
  if (author !== undefined && version.author !== author) return false
  const text = q?.toLowerCase() ?? ''
  return [version.message, version.author, version.origin].some((value) => value.toLowerCase().includes(text))
}
