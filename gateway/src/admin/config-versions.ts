import * as schemas from '@jairouter/contract/management/config'
import { isAllowed } from '@jairouter/contract/management/roles'
import type { Config } from '@jairouter/contract/config'
import { z } from 'zod'
import type { ConfigDesk } from '../versions/config-desk.ts'
import type { ConfigDrafts } from '../versions/config-drafts.ts'
import { requireSecretsPermission } from './config-security.ts'
import { configDraftRoutes } from './config-drafts.ts'
import { APPLIED, APPLIED_EXAMPLE, CONDITION, CONFIG_TAG as tag, SECURITY } from './config-route-texts.ts'
import { versionRoutes } from './config-version-routes.ts'
import { applyChange, draftOwner, guardPending, readChange, shownVersion, versionTag } from './config-version-answers.ts'
import { AdminProblem, defineRoute, type AdminRequest, type AnyRoute } from './route.ts'

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

const YAML = 'application/yaml'
const READERS_LIMIT = 64 * 1024
const { VERSION_EXAMPLE, VALIDATION_EXAMPLE, TEXT_EXAMPLE } = schemas

/** The config as a whole: read, tried, changed, and its versions. */
export function configVersionRoutes(ports: ConfigVersionPorts): readonly AnyRoute[] {
  return [
    ...currentRoutes(ports),
    ...tryingRoutes(ports),
    ...changingRoutes(ports),
    ...configDraftRoutes(ports),
    ...versionRoutes(ports),
    ...confirmRoutes(ports),
  ]
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

function tryingRoutes({ desk, drafts, hooks }: ConfigVersionPorts): readonly AnyRoute[] {
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
        refuseLarge(request)
        const { change } = await readChange(body, draftOwner(request), drafts)
        const effect = hooks?.effect
        return {
          body: await desk.validate(change, {
            ...(body.base === undefined ? {} : { base: body.base }),
            ...(effect === undefined ? {} : { effect }),
            // What a variable stands for could be seen in the effect.
            mayChange: (_, exposed) => requireSecretsPermission(request.origin.actor, exposed),
          }),
        }
      },
    }),
  ]
}

/** A large config takes seconds of a core: that is for those who may put it in force. */
function refuseLarge({ body, actor }: AdminRequest): void {
  if (actor?.kind !== 'user' || isAllowed(actor.role, 'config.write') || JSON.stringify(body).length <= READERS_LIMIT) return
  throw new AdminProblem('request_too_large', `The role "${actor.role}" can try changes of up to ${READERS_LIMIT} characters`)
}

function changingRoutes({ desk, drafts }: ConfigVersionPorts): readonly AnyRoute[] {
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
        const version = await desk.confirm(origin, await guardPending(desk, origin.actor))
        return { body: shownVersion(version, desk), etag: versionTag(version) }
      },
    }),
    defineRoute({
      ...shared,
      path: '/config/revert',
      summary: 'Take back the version that waits for its confirmation',
      handle: async ({ origin }) => {
        const version = await desk.revert(origin, await guardPending(desk, origin.actor))
        return { body: shownVersion(version, desk), etag: versionTag(version) }
      },
    }),
  ]
}
