import { listAnswerSchema, listQuerySchema } from '@jairouter/contract/management/list'
import { z } from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import type { ConfigDesk, ConfigState } from '../../versions/config-desk.ts'
import { listPage, type ListShape } from '../list-page.ts'
import { AdminProblem, defineRoute, type AdminRequest, type AnyRoute } from '../route.ts'
import {
  asWritten,
  checkKey,
  CONDITION_NOTE,
  DRY_RUN_NOTE,
  dryRunSchema,
  includeSchema,
  itemAnswer,
  looseBodySchema,
  patchOf,
  sentFields,
  versionHeaders,
  writeAnswer,
  type Show,
} from './config-answers.ts'
import { applyMergePatch } from './config-edits.ts'
import type { ConfigPlace, LocatePlace } from './config-place.ts'
import { writeConfig } from './config-write.ts'

export interface ConfigCollection {
  /** Section of the config, and path of the resource. */
  readonly path: string
  /** For people and the audit: `backend`. */
  readonly noun: string
  readonly tag: string
  /** Field that names an item. */
  readonly key: 'id' | 'name'
  /** Names may hold slashes, as they are or encoded. */
  readonly slashes?: boolean
  readonly keySchema: z.ZodType
  /** Of one item, as it may be sent; for the documentation. */
  readonly shape: Readonly<Record<string, z.ZodType>>
  readonly locate: (id: string) => LocatePlace
  /** The ids of all, in the order of the config. */
  readonly ids: (state: ConfigState) => readonly string[]
  readonly fields: ListShape<JsonObject>['fields']
  readonly show?: Show
  /** What of an item stands in the config. Default: all of it. */
  readonly toWritten?: (fields: JsonObject) => JsonObject
  /** Throws where this one can't be changed. */
  readonly mayWrite?: (id: string) => void
  readonly example: JsonObject
  readonly examplePatch: JsonObject
}

export interface CollectionPorts {
  readonly desk: ConfigDesk
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** List, read, create, replace, change and delete the items of a section of the config. */
export function configCollection(collection: ConfigCollection, ports: CollectionPorts): readonly AnyRoute[] {
  const { path, noun, key, slashes = false } = collection
  const segment = slashes ? '*' : 'id'
  const params = z.object({ [segment]: z.string().min(1).max(256).meta({ title: key }) })
  const itemPath = `/${path}/${slashes ? '*' : ':id'}`
  const item = itemSchema(collection)
  const shared = { tag: collection.tag, params, permission: 'config.write', canDryRun: true } as const
  const tried = { description: `The ${noun}; with \`dryRun\` what would be changed`, schema: z.union([item, dryRunSchema]) }
  const idOf = (request: AdminRequest) => String(Reflect.get(Object(request.params), segment))
  const write = createWriter(collection, ports)
  return [
    ...readRoutes(collection, ports, { params, itemPath, item, idOf }),
    defineRoute({
      ...shared,
      params: undefined,
      method: 'POST',
      path: `/${path}`,
      summary: `Add ${articleOf(noun)} ${noun}`,
      description: DRY_RUN_NOTE,
      body: looseBodySchema.and(z.object({ [key]: collection.keySchema })),
      documented: { body: z.strictObject(collection.shape) },
      answers: { 201: { description: `The new ${noun}`, schema: item }, 200: { description: 'With `dryRun`', schema: dryRunSchema } },
      example: { request: collection.example, answer: collection.example },
      handle: (request) => write.create(request),
    }),
    defineRoute({
      ...shared,
      method: 'PUT',
      path: itemPath,
      summary: `Replace a ${noun}, or add it`,
      description: `${CONDITION_NOTE} ${DRY_RUN_NOTE} A secret that is sent as it was shown stays.`,
      body: looseBodySchema,
      documented: { body: z.strictObject({ ...collection.shape, [key]: z.string().optional() }) },
      answers: { 200: tried, 201: { description: `The new ${noun}`, schema: item } },
      example: { request: collection.example, answer: collection.example },
      handle: (request) => write.replace(request, idOf(request)),
    }),
    defineRoute({
      ...shared,
      method: 'PATCH',
      path: itemPath,
      summary: `Change a ${noun}`,
      description: `A merge patch (RFC 7396): what is not named stays, \`null\` takes away. ${CONDITION_NOTE} ${DRY_RUN_NOTE}`,
      body: looseBodySchema,
      documented: { body: patchOf(collection.shape) },
      answers: { 200: tried },
      example: { request: collection.examplePatch, answer: applyMergePatch(collection.example, collection.examplePatch) },
      handle: (request) => write.patch(request, idOf(request)),
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      path: itemPath,
      summary: `Delete a ${noun}`,
      description: `409 \`in_use\` where the config would not be valid without it. ${CONDITION_NOTE} ${DRY_RUN_NOTE}`,
      answers: { 204: { description: 'It is gone' }, 200: { description: 'With `dryRun`', schema: dryRunSchema } },
      handle: (request) => write.remove(request, idOf(request)),
    }),
  ]
}

function itemSchema({ shape, tag, noun }: ConfigCollection): z.ZodType {
  const name = `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`.replaceAll(' ', '')
  return z
    .looseObject({ ...shape, effective: z.unknown().optional() })
    .meta({ id: name, description: `As it is written in the config (${tag}); secrets are masked.` })
}

interface ItemRoute {
  readonly params: z.ZodType
  readonly itemPath: string
  readonly item: z.ZodType
  readonly idOf: (request: AdminRequest) => string
}

function readRoutes(collection: ConfigCollection, { desk, now }: CollectionPorts, at: ItemRoute): readonly AnyRoute[] {
  const { path, noun, tag, fields, locate, show = asWritten } = collection
  const filters = Object.fromEntries(Object.keys(fields).map((name) => [name, z.string().max(200).optional()]))
  const permission = 'config.read' as const
  return [
    defineRoute({
      method: 'GET',
      path: `/${path}`,
      permission,
      tag,
      summary: `List ${noun}s`,
      query: listQuerySchema.extend({ ...includeSchema.shape, ...filters }),
      answers: { 200: { description: `${noun}s, as they are written`, schema: listAnswerSchema(at.item) } },
      example: { answer: { items: [collection.example], total: { value: 1, exact: true }, asOf: '2026-01-31T12:00:00.000Z' } },
      handle: ({ query }) => {
        const { state } = desk
        const items = collection.ids(state).map((id) => shownAt(locate(id)(state), show, query.include))
        const page = listPage(items, query, { fields, id: (item) => String(item[collection.key]), sort: collection.key, now: now() })
        return { body: page, headers: versionHeaders(desk) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: at.itemPath,
      permission,
      tag,
      summary: `Read a ${noun}`,
      params: at.params,
      query: includeSchema,
      answers: { 200: { description: `The ${noun}, as it is written`, schema: at.item } },
      example: { answer: collection.example },
      handle: (request) => itemAnswer(desk, locate(at.idOf(request))(desk.state), show, request.query.include),
    }),
  ]
}

function shownAt(place: ConfigPlace, show: Show, include: unknown): JsonObject {
  const shown = show(place.written ?? {}, place)
  return include === 'effective' ? { ...shown, effective: place.effective ?? null } : shown
}

/** Each write of an item: who may, under which names the audit has it, and what there is to be afterwards. */
function createWriter(collection: ConfigCollection, { desk }: CollectionPorts) {
  const { path, noun, key, locate, show = asWritten, toWritten = (fields) => fields, mayWrite } = collection
  const run = (request: AdminRequest, id: string, verb: string, next: (before: JsonObject | undefined) => unknown) => {
    mayWrite?.(id)
    return writeConfig({ desk, request, locate: locate(id), action: `${noun}.${verb}`, target: `${path}/${id}`, next })
  }
  const given = (request: AdminRequest) => sentFields(looseBodySchema.parse(request.body))
  const existing = (before: JsonObject | undefined): JsonObject => {
    if (before === undefined) throw new AdminProblem('not_found', `There is no such ${noun}`)
    return before
  }
  return {
    async create(request: AdminRequest) {
      const body = given(request)
      const id = String(body[key])
      const next = (before: JsonObject | undefined) => {
        if (before !== undefined) throw new AdminProblem('already_exists', `There is a ${noun} of this ${key} already`)
        return toWritten(body)
      }
      return writeAnswer(desk, await run(request, id, 'create', next), show, `${path}/${encodeURIComponent(id)}`)
    },
    async replace(request: AdminRequest, id: string) {
      const body = given(request)
      checkKey(key, id, body)
      const result = await run(request, id, 'update', () => toWritten({ [key]: id, ...body }))
      return writeAnswer(desk, result, show)
    },
    async patch(request: AdminRequest, id: string) {
      const body = given(request)
      checkKey(key, id, body)
      const result = await run(request, id, 'update', (before) => applyMergePatch(existing(before), toWritten(body)))
      return writeAnswer(desk, result, show)
    },
    async remove(request: AdminRequest, id: string) {
      return writeAnswer(desk, await run(request, id, 'delete', (before) => void existing(before)), show)
    },
  }
}

function articleOf(noun: string): string {
  return /^[aeiou]/i.test(noun) ? 'an' : 'a'
}
