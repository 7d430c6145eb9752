import {
  BLOCK_EXAMPLE,
  blockListQuerySchema,
  blockListSchema,
  blockSchema,
  createBlockSchema,
  patchBlockSchema,
  type ShownBlock,
} from '@jairouter/contract/management/blocks'
import { isAllowed, type Role } from '@jairouter/contract/management/roles'
import { z } from 'zod'
import type { ManagedAccess } from '../auth/access.ts'
import { actorName } from '../auth/actor.ts'
import { askerAs, isBlocked } from '../auth/blocks/is-blocked.ts'
import { blocksOf, readBlock, shownBlock, type StoredBlock } from '../auth/blocks/stored-block.ts'
import { fieldProblem } from '../auth/collection/access-problem.ts'
import { tagOf } from '../auth/collection/change-request.ts'
import { randomText } from '../auth/keys/key-text.ts'
import { mergePatch } from '../lib/merge-patch.ts'
import { isoTime } from '../lib/iso-time.ts'
import { answering, termsOf } from './access-answers.ts'
import { listPage, type ListShape } from './list-page.ts'
import { AdminProblem, defineRoute, type AdminRequest, type AnyRoute } from './route.ts'

export interface Person {
  readonly id: string
  readonly name: string
  readonly role: Role
}

export interface BlockRoutePorts {
  readonly access: Pick<ManagedAccess, 'blocks' | 'collections'>
  /** Epoch milliseconds. */
  readonly wallClock: () => number
  readonly randomBytes: (size: number) => Uint8Array
  /** Of the user of that name, or whose session it is; undefined: there is none. */
  readonly personOf: (kind: 'user' | 'session', value: string) => Promise<Person | undefined>
}

const tag = 'Blocks'
const params = z.object({ id: z.string().min(1).max(100) })
const ONE = { description: 'The block', schema: blockSchema }
const ID_CHARACTERS = 12

/** Whom nobody is to answer: addresses, keys, sessions, users. */
export function blockRoutes(ports: BlockRoutePorts): readonly AnyRoute[] {
  return [...readingRoutes(ports), ...writingRoutes(ports)]
}

function readingRoutes({ access: { blocks, collections }, wallClock }: BlockRoutePorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/blocks',
      permission: 'blocks.read',
      tag,
      summary: 'List blocks',
      query: blockListQuerySchema,
      answers: { 200: { description: 'Blocks, with those that have expired', schema: blockListSchema } },
      example: { answer: { items: [BLOCK_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-08-21T11:00:00.000Z' } },
      handle: ({ query }) => {
        const now = wallClock()
        return {
          body: listPage(
            [...collections.blocks.items.values()].map((block) => shownBlock(block, now)),
            query,
            shapeAt(now),
          ),
        }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/blocks/:id',
      permission: 'blocks.read',
      tag,
      summary: 'Read a block',
      params,
      answers: { 200: ONE },
      example: { answer: BLOCK_EXAMPLE },
      handle: ({ params: { id } }) =>
        answering(() => {
          const block = blocks.get(id)
          return { body: shownBlock(block, wallClock()), etag: tagOf(block) }
        }),
    }),
  ]
}

function writingRoutes({ access: { blocks }, wallClock, randomBytes, personOf }: BlockRoutePorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/blocks',
      permission: 'blocks.write',
      canDryRun: true,
      tag,
      summary: 'Block an address, a range, a key, a session or a user',
      description:
        'From the next request on, which is refused with 403 `blocked` before anything else is looked at. The reason is not shown to it. Nobody can block themselves, and admins are blocked by admins only.',
      body: createBlockSchema,
      answers: { 201: ONE, 200: { description: 'With `dryRun`: as it would be', schema: blockSchema } },
      example: { request: { kind: 'address', value: '203.0.113.0/24', reason: 'guesses keys' }, answer: BLOCK_EXAMPLE },
      handle: (request) =>
        answering(async () => {
          const made = { createdAt: isoTime(wallClock()), createdBy: actorName(request.origin.actor) }
          const { body } = request
          const person = body.kind === 'user' || body.kind === 'session' ? await personOf(body.kind, body.value) : undefined
          const user = body.kind !== 'user' || person === undefined ? {} : { user: { id: person.id, name: person.name } }
          const block = checked({ ...body, ...made, ...user })
          refuseOwn(block, request)
          requireRank(person, request)
          const { item, tag: etag } = await blocks.create(`x-${randomText(ID_CHARACTERS, randomBytes)}`, block, termsOf(request))
          return { ...(request.dryRun ? {} : { status: 201, etag }), body: shownBlock(item, wallClock()) }
        }),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/blocks/:id',
      permission: 'blocks.write',
      canDryRun: true,
      tag,
      summary: 'Change the reason of a block, or when it ends',
      params,
      body: patchBlockSchema,
      answers: { 200: ONE },
      example: { request: { expires: null }, answer: BLOCK_EXAMPLE },
      handle: (request) =>
        answering(async () => {
          const { item, tag: etag } = await blocks.update(
            request.params.id,
            (before) => {
              const block = checked(mergePatch(before, request.body))
              refuseOwn(block, request)
              return block
            },
            termsOf(request),
          )
          return { ...(request.dryRun ? {} : { etag }), body: shownBlock(item, wallClock()) }
        }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/blocks/:id',
      permission: 'blocks.write',
      canDryRun: true,
      tag,
      summary: 'Lift a block',
      params,
      answers: { 204: { description: 'The next request is let in again' } },
      handle: (request) =>
        answering(async () => {
          await blocks.remove(request.params.id, termsOf(request))
          return { status: 204 }
        }),
    }),
  ]
}

function checked(body: unknown): StoredBlock {
  const block = readBlock(body)
  if (block === undefined) throw fieldProblem('value', 'is neither an address nor a range')
  return block
}

/** Whoever is blocked can't lift it. */
function refuseOwn(block: StoredBlock, { actor, address }: AdminRequest): void {
  const asker = actor?.kind === 'user' ? { address, ...askerAs(actor) } : { address }
  const { expires: _expires, ...forGood } = block
  if (isBlocked(blocksOf([forGood]), asker, 0)) throw fieldProblem('value', 'would block yourself')
}

/** An operator could shut all admins out otherwise. */
function requireRank(person: Person | undefined, { actor }: AdminRequest): void {
  if (actor?.kind !== 'user' || isAllowed(actor.role, 'users.write') || person?.role !== 'admin') return
  throw new AdminProblem('permission_denied', 'An admin is blocked by admins only', { params: { permission: 'users.write' } })
}

function shapeAt(now: number): ListShape<ShownBlock> {
  return {
    fields: {
      kind: ({ kind }) => kind,
      value: ({ value }) => value,
      status: ({ status }) => status,
      reason: ({ reason }) => reason,
      expires: ({ expires }) => expires,
      createdAt: ({ createdAt }) => createdAt,
    },
    id: ({ id }) => id,
    sort: '-createdAt',
    now,
  }
}
