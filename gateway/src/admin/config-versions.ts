import * as schemas from '@jairouter/contract/management/config'
import type { Config } from '@jairouter/contract/config'
import { z } from 'zod'
import { isoTime } from '../lib/iso-time.ts'
import type { ConfigDesk } from '../versions/config-desk.ts'
import type { ConfigDrafts } from '../versions/config-drafts.ts'
import { configDraftRoutes } from './config-drafts.ts'
import { applyChange, draftOwner, guardPending, readChange, shownVersion, versionTag } from './config-version-answers.ts'
import { AdminProblem, defineRoute, type AnyRoute } from './route.ts'

export interface ConfigVersionPorts {
  readonly desk: ConfigDesk
  readonly drafts: ConfigDrafts
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly hooks?: {
    /** What a change would do; stands in the answer of `validate`. */
    readonly effect?: (before: Config, after: Config) => unknown
  }
}

const tag = 'Config'
const YAML = 'application/yaml'
const CONDITION = 'With `If-Match: "v42"` it is done only while version 42 is in force (412 otherwise).'
const SECURITY = 'What is under `auth`, `admin`, `store` and `config` is changed by an admin only.'
const number = z.object({ number: z.coerce.number().int().min(1) })
const { VERSION_EXAMPLE, VALIDATION_EXAMPLE, DIFF_EXAMPLE, TEXT_EXAMPLE } = schemas
const APPLIED = {
  description: 'The new version, in force; with `dryRun` what it would be',
  schema: z.union([schemas.appliedSchema, schemas.validationSchema]),
}
const APPLIED_EXAMPLE = { ...VALIDATION_EXAMPLE, version: VERSION_EXAMPLE }

/** The config as a whole: read, tried, changed, and its versions. */
export function configVersionRoutes(ports: ConfigVersionPorts): readonly AnyRoute[] {
  return [...currentRoutes(ports), ...changingRoutes(ports), ...configDraftRoutes(ports), ...versionRoutes(ports), ...confirmRoutes(ports)]
}

function currentRoutes({ desk }: ConfigVersionPorts): readonly AnyRoute[] {
  const permission = 'config.read' as const
  const asText = { 200: { description: 'YAML, references as they are written', type: YAML } }
  return [
    defineRoute({
      method: 'GET',
      path: '/config',
      permission,
      tag,
      summary: 'Read the config in force',
      answers: { 200: { description: 'As text and as data; the entity tag is that of the version', schema: schemas.currentConfigSchema } },
      example: { answer: { version: VERSION_EXAMPLE, text: TEXT_EXAMPLE, written: { backends: [] }, managed: 'api' } },
      handle: () => {
        const { version, written, config, confirm } = desk.state
        const { text, overlay } = version
        const shown = { version: shownVersion(version, desk), text, written, managed: config.config.managed }
        return {
          body: { ...shown, ...(overlay === undefined ? {} : { overlay }), ...(confirm === undefined ? {} : { confirm }) },
          etag: versionTag(version),
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/config/text',
      permission,
      tag,
      summary: 'Read the text of the config in force',
      answers: asText,
      example: { answer: TEXT_EXAMPLE },
      handle: () => ({ body: desk.state.version.text, headers: { 'content-type': YAML }, etag: versionTag(desk.state.version) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/config/export',
      permission,
      tag,
      summary: 'Export the config as a file',
      description: 'Secrets are references; those that are stored mean something to this gateway’s store alone.',
      query: schemas.exportQuerySchema,
      answers: asText,
      example: { answer: TEXT_EXAMPLE },
      handle: async ({ query }) => {
        const version = query.version === undefined ? desk.state.version : await desk.get(query.version)
        if (version === undefined) throw new AdminProblem('not_found', `There is no version ${query.version}`)
        const name = `jairouter-v${version.number}.yaml`
        return {
          body: version.text,
          headers: { 'content-type': YAML, 'content-disposition': `attachment; filename="${name}"` },
          etag: versionTag(version),
        }
      },
    }),
  ]
}

function changingRoutes({ desk, drafts, hooks }: ConfigVersionPorts): readonly AnyRoute[] {
  const shared = { permission: 'config.write', tag, canDryRun: true, answers: { 200: APPLIED } } as const
  const text = {
    ...shared,
    query: schemas.textQuerySchema,
    body: z.string(),
    bodyType: YAML,
    example: { request: TEXT_EXAMPLE, answer: APPLIED_EXAMPLE },
  }
  return [
    defineRoute({
      method: 'POST',
      path: '/config/validate',
      permission: 'config.read',
      tag,
      summary: 'Try a change without making it',
      description: 'A text, a merge patch, edits or one’s own draft; compared with `base`, or with what is in force.',
      body: schemas.validateConfigSchema,
      answers: {
        200: {
          description: 'What would be wrong with it, what it would change, and whom that would concern',
          schema: schemas.validationSchema,
        },
      },
      example: { request: { patch: { server: { port: 9000 } } }, answer: VALIDATION_EXAMPLE },
      handle: async (request) => {
        const { body } = request
        const { change } = await readChange(body, draftOwner(request), drafts)
        const effect = hooks?.effect
        return {
          body: await desk.validate(change, {
            ...(body.base === undefined ? {} : { base: body.base }),
            ...(effect === undefined ? {} : { effect }),
          }),
        }
      },
    }),
    defineRoute({
      ...text,
      method: 'PUT',
      path: '/config/text',
      summary: 'Replace the text of the config',
      description: `${CONDITION} ${SECURITY}`,
      handle: (request) => {
        const { body, query } = request
        return applyChange(desk, request, {
          change: { text: body },
          action: 'config.text',
          target: 'config',
          message: query.message,
          confirmWithinMs: query.confirmWithin,
        })
      },
    }),
    defineRoute({
      ...text,
      method: 'POST',
      path: '/config/import',
      summary: 'Import a config file',
      description: `As replacing the text. Secrets in the file are stored, and references take their places. ${CONDITION} ${SECURITY}`,
      handle: (request) => {
        const { body, query } = request
        return applyChange(desk, request, {
          change: { text: body },
          action: 'config.import',
          target: 'config',
          message: query.message ?? 'Imported',
          confirmWithinMs: query.confirmWithin,
        })
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/config/apply',
      summary: 'Put a change in force',
      description: `A text, a merge patch, edits or one’s own draft, which must have been begun with the version in force. With \`confirmWithin\` it is taken back by itself unless it is confirmed in that time, even after a restart. ${CONDITION} ${SECURITY}`,
      body: schemas.applyConfigSchema,
      example: { request: { draft: true, message: 'More weight for gpu-1', confirmWithin: '5m' }, answer: APPLIED_EXAMPLE },
      handle: async (request) => {
        const { body, dryRun } = request
        const owner = draftOwner(request)
        const { change, base } = await readChange(body, owner, drafts)
        const answer = await applyChange(desk, request, {
          change,
          base,
          action: 'config.apply',
          target: 'config',
          message: body.message,
          confirmWithinMs: body.confirmWithin,
        })
        if (body.draft === true && !dryRun) await drafts.remove(owner)
        return answer
      },
    }),
  ]
}

function versionRoutes({ desk, now }: ConfigVersionPorts): readonly AnyRoute[] {
  const permission = 'config.read' as const
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
      handle: async ({ query: { limit, cursor } }) => {
        const found = await desk.list({ limit: limit + 1, ...(cursor === undefined ? {} : { before: Number(cursor) }) })
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
      handle: async ({ query }) => ({ body: await desk.diff(query.from, query.to ?? desk.state.version.number) }),
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

function confirmRoutes({ desk }: ConfigVersionPorts): readonly AnyRoute[] {
  const shared = {
    method: 'POST',
    permission: 'config.write',
    tag,
    answers: { 200: { description: 'The version in force', schema: schemas.configVersionSchema } },
    example: { answer: VERSION_EXAMPLE },
  } as const
  return [
    defineRoute({
      ...shared,
      path: '/config/confirm',
      summary: 'Confirm the version in force, so that it stays',
      handle: async ({ origin }) => {
        await guardPending(desk, origin.actor)
        const version = await desk.confirm(origin)
        return { body: shownVersion(version, desk), etag: versionTag(version) }
      },
    }),
    defineRoute({
      ...shared,
      path: '/config/revert',
      summary: 'Take back the version that waits for its confirmation',
      handle: async ({ origin }) => {
        await guardPending(desk, origin.actor)
        const version = await desk.revert(origin)
        return { body: shownVersion(version, desk), etag: versionTag(version) }
      },
    }),
  ]
}
