import { draftSchema, patchDraftSchema, putDraftSchema, TEXT_EXAMPLE } from '@jairouter/contract/management/config'
import type { ConfigDesk, ConfigEdit } from '../versions/config-desk.ts'
import type { ConfigDrafts } from '../versions/config-drafts.ts'
import type { StoredDraft } from '../versions/drafts.ts'
import { CONFIG_TAG as tag } from './config-route-texts.ts'
import { draftOwner } from './config-version-answers.ts'
import { AdminProblem, defineRoute, type AdminAnswer, type AdminRequest, type AnyRoute } from './route.ts'

const DRAFT_EXAMPLE = { text: TEXT_EXAMPLE, base: 41, updatedAt: '2026-08-21T10:58:00.000Z', changes: [] }

/** Each one's own draft of the config. */
export function configDraftRoutes({ desk, drafts }: { readonly desk: ConfigDesk; readonly drafts: ConfigDrafts }): readonly AnyRoute[] {
  const shared = { path: '/config/drafts', permission: 'config.write', tag } as const
  const ONE = { 200: { description: 'The draft, and what is different from its base', schema: draftSchema } }

  const answer = async (draft: StoredDraft): Promise<AdminAnswer> => {
    const { text, base, updatedAt, granted, revision } = draft
    // Its base may be gone by now.
    const known = await desk.get(base)
    const { changes } = await desk.validate({ text, granted }, known === undefined ? {} : { base })
    return { body: { text, base, updatedAt, changes }, etag: `d${revision}` }
  }

  const requireFresh = async ({ ifMatch }: AdminRequest, owner: string) => {
    if (ifMatch === undefined) return
    const draft = await drafts.get(owner)
    if (draft === undefined || `d${draft.revision}` !== ifMatch)
      throw new AdminProblem('precondition_failed', 'The draft was changed elsewhere')
  }

  return [
    defineRoute({
      ...shared,
      method: 'GET',
      summary: 'Read one’s own draft',
      answers: ONE,
      example: { answer: DRAFT_EXAMPLE },
      handle: async (request) => {
        const draft = await drafts.get(draftOwner(request))
        if (draft === undefined) throw new AdminProblem('not_found', 'You have no draft')
        return answer(draft)
      },
    }),
    defineRoute({
      ...shared,
      method: 'PUT',
      summary: 'Write one’s own draft as text',
      description: 'It need not be valid. Secrets in it are stored, and references take their places.',
      body: putDraftSchema,
      answers: ONE,
      example: { request: { text: TEXT_EXAMPLE }, answer: DRAFT_EXAMPLE },
      handle: async (request) => {
        const owner = draftOwner(request)
        await requireFresh(request, owner)
        return answer(await drafts.put(owner, request.body.text, request.body.base, request.origin))
      },
    }),
    defineRoute({
      ...shared,
      method: 'PATCH',
      summary: 'Edit one’s own draft',
      description: 'By a merge patch or by edits. Without a draft, one is begun with the version in force.',
      body: patchDraftSchema,
      answers: ONE,
      example: { request: { patch: { server: { port: 9000 } } }, answer: DRAFT_EXAMPLE },
      handle: async (request) => {
        const owner = draftOwner(request)
        await requireFresh(request, owner)
        const { patch, edits } = request.body
        const merge: readonly ConfigEdit[] = [{ op: 'merge', path: [], value: patch }]
        return answer(await drafts.edit(owner, patch === undefined ? ((edits ?? []) as readonly ConfigEdit[]) : merge, request.origin))
      },
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      summary: 'Throw one’s own draft away',
      answers: { 204: { description: 'There is none any more' } },
      handle: async (request) => {
        await drafts.remove(draftOwner(request), request.origin)
        return { status: 204 }
      },
    }),
  ]
}
