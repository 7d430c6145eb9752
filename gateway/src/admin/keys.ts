import {
  createdKeySchema,
  effectiveKeySchema,
  exportedKeySchema,
  exportKeysQuerySchema,
  importedKeysSchema,
  importKeysSchema,
  KEY_EXAMPLE,
  keyListQuerySchema,
  keyListSchema,
  keySchema,
  keyTermsSchema,
  patchKeySchema,
  rotateKeySchema,
  type EffectiveKey,
  type ShownKey,
} from '@jairouter/contract/management/keys'
import { duration } from '@jairouter/contract/units'
import { z } from 'zod'
import type { ManagedAccess } from '../auth/access.ts'
import { effectiveKey } from '../auth/keys/effective-key.ts'
import type { KeyRecord, Snapshot } from '../config/snapshot.ts'
import { answering, termsOf } from './access-answers.ts'
import { listPage, type ListShape } from './list-page.ts'
import { defineRoute, type AnyRoute } from './route.ts'

export interface KeyRoutePorts {
  readonly access: Pick<ManagedAccess, 'keys' | 'book'>
  readonly snapshot: () => Snapshot
  /** Limits of a key as they stand. */
  readonly keyLevels: (key: KeyRecord) => readonly EffectiveKey['limits'][number][]
  /** Epoch milliseconds. */
  readonly wallClock: () => number
}

const tag = 'Keys'
const params = z.object({ id: z.string().min(1).max(100) })
const ONE = { description: 'The key, without the key', schema: keySchema }
const MADE = { description: 'With the key itself, which is told this once', schema: createdKeySchema }
const KEY_TEXT = 'jr-3fJk9QzR1vT7xLm2Np8sWd4Yb6Hc0GaE5uKq1Z'

/** API keys: those of the store, and those of the config to be read. */
export function keyRoutes(ports: KeyRoutePorts): readonly AnyRoute[] {
  return [...readingRoutes(ports), ...writingRoutes(ports), ...bulkRoutes(ports)]
}

function readingRoutes({ access: { keys, book }, snapshot, keyLevels, wallClock }: KeyRoutePorts): readonly AnyRoute[] {
  const effective = (key: KeyRecord, limits: ReturnType<KeyRoutePorts['keyLevels']>) =>
    effectiveKey(key, { snapshot: snapshot(), book, limits, wallClock: wallClock() })
  return [
    defineRoute({
      method: 'GET',
      path: '/keys',
      permission: 'keys.read',
      tag,
      summary: 'List API keys',
      query: keyListQuerySchema,
      answers: { 200: { description: 'Keys of the store and of the config', schema: keyListSchema } },
      example: { answer: { items: [KEY_EXAMPLE], total: { value: 1, exact: true }, asOf: '2026-08-21T11:00:00.000Z' } },
      handle: ({ query }) => ({ body: listPage(keys.list(), query, shapeAt(wallClock())) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/keys/:id',
      permission: 'keys.read',
      tag,
      summary: 'Read an API key',
      params,
      answers: { 200: ONE },
      example: { answer: KEY_EXAMPLE },
      handle: ({ params: { id } }) =>
        answering(() => {
          const { shown, tag: etag } = keys.get(id)
          return { body: shown, ...(etag === undefined ? {} : { etag }) }
        }),
    }),
    defineRoute({
      method: 'GET',
      path: '/keys/:id/effective',
      permission: 'keys.read',
      tag,
      summary: 'What a key can do now, and what stands against it',
      params,
      answers: { 200: { description: 'As the next request would meet it', schema: effectiveKeySchema } },
      handle: ({ params: { id } }) =>
        answering(() => {
          const key = keys.recordOf(id)
          return { body: effective(key, keyLevels(key)) }
        }),
    }),
    defineRoute({
      method: 'POST',
      path: '/keys/preview',
      permission: 'keys.read',
      tag,
      summary: 'What a key that is not made yet could do',
      body: keyTermsSchema,
      answers: { 200: { description: 'As the next request would meet it', schema: effectiveKeySchema } },
      example: { request: { name: 'app', models: ['gpt-*'] } },
      handle: ({ body }) => answering(() => ({ body: effective(keys.preview(body), []) })),
    }),
  ]
}

function writingRoutes({ access: { keys } }: KeyRoutePorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/keys',
      permission: 'keys.write',
      canDryRun: true,
      tag,
      summary: 'Make an API key',
      description: 'The key itself is in this answer and nowhere else: only its digest is stored. It works for the next request.',
      body: keyTermsSchema,
      answers: { 201: MADE, 200: { description: 'With `dryRun`: as it would be', schema: createdKeySchema } },
      example: { request: { name: 'app', models: ['gpt-*'], owner: 'ada' }, answer: { ...KEY_EXAMPLE, key: KEY_TEXT } },
      handle: (request) =>
        answering(async () => {
          const { shown, key, tag: etag } = await keys.create(request.body, termsOf(request))
          return request.dryRun ? { body: { ...shown, key } } : { status: 201, body: { ...shown, key }, etag }
        }),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/keys/:id',
      permission: 'keys.write',
      canDryRun: true,
      tag,
      summary: 'Change an API key',
      description: 'A merge patch (RFC 7396): what is not named stays, null takes away. In force for the next request.',
      params,
      body: patchKeySchema,
      answers: { 200: ONE },
      example: { request: { enabled: false, expires: null }, answer: { ...KEY_EXAMPLE, enabled: false, status: 'disabled' } },
      handle: (request) =>
        answering(async () => {
          const { shown, tag: etag } = await keys.update(request.params.id, request.body, termsOf(request))
          return request.dryRun ? { body: shown } : { body: shown, etag }
        }),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/keys/:id',
      permission: 'keys.write',
      canDryRun: true,
      tag,
      summary: 'Revoke an API key',
      params,
      answers: { 204: { description: 'The next request with it is refused' } },
      handle: (request) =>
        answering(async () => {
          await keys.revoke(request.params.id, termsOf(request))
          return { status: 204 }
        }),
    }),
    defineRoute({
      method: 'POST',
      path: '/keys/:id/rotate',
      permission: 'keys.write',
      canDryRun: true,
      tag,
      summary: 'Put another key in its place',
      description: 'The key before it works for `overlap` more; the one before that ends at once.',
      params,
      body: rotateKeySchema,
      answers: { 200: MADE },
      example: { request: { overlap: '24h' }, answer: { ...KEY_EXAMPLE, key: KEY_TEXT } },
      handle: (request) =>
        answering(async () => {
          const overlapMs = duration.parse(request.body.overlap)
          const { shown, key, tag: etag } = await keys.rotate(request.params.id, { ...termsOf(request), overlapMs })
          return request.dryRun ? { body: { ...shown, key } } : { body: { ...shown, key }, etag }
        }),
    }),
  ]
}

function bulkRoutes({ access: { keys } }: KeyRoutePorts): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/keys/export',
      permission: 'keys.write',
      tag,
      summary: 'Export the keys of the store, by their digests',
      query: exportKeysQuerySchema,
      answers: {
        200: { description: 'JSON, or with `format=ndjson` one key a line', schema: z.object({ keys: z.array(exportedKeySchema) }) },
      },
      handle: ({ query }) => {
        const exported = keys.exported()
        if (query.format === 'json') return { body: { keys: exported } }
        const lines = exported.map((key) => `${JSON.stringify(key)}\n`).join('')
        return { body: lines, headers: { 'content-type': 'application/x-ndjson' } }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/keys/import',
      permission: 'keys.write',
      canDryRun: true,
      tag,
      summary: 'Import keys by their digests, all or none',
      body: importKeysSchema,
      answers: { 200: { description: 'How many there are more', schema: importedKeysSchema } },
      example: {
        request: { keys: [{ name: 'app', hash: '5f'.repeat(32), last4: 'x4Qa', models: ['gpt-*'] }], known: 'skip' },
        answer: { imported: 1, skipped: [] },
      },
      handle: (request) => answering(async () => ({ body: await keys.importAll(request.body.keys, request.body.known, termsOf(request)) })),
    }),
  ]
}

function shapeAt(now: number): ListShape<ShownKey> {
  return {
    fields: {
      name: ({ name }) => name,
      owner: ({ owner }) => owner,
      team: ({ team }) => team,
      tags: ({ tags }) => tags,
      status: ({ status }) => status,
      source: ({ source }) => source,
      createdAt: ({ createdAt }) => createdAt,
      expires: ({ expires }) => expires,
      lastUsed: ({ lastUsed }) => lastUsed?.time,
    },
    id: ({ id }) => id,
    sort: 'name',
    now,
  }
}
