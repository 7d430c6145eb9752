import type { Permission } from '@jairouter/contract/management/roles'
import { z } from 'zod'
import type { JsonObject } from '../../lib/json.ts'
import type { ConfigDesk } from '../../versions/config-desk.ts'
import { tagOf } from '../entity-tag.ts'
import { defineRoute, type AdminRequest, type AnyRoute } from '../route.ts'
import {
  asWritten,
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
} from './config-answers.ts'
import { applyMergePatch } from './config-edits.ts'
import type { ConfigPlace, LocatePlace } from './config-place.ts'
import { writeConfig } from './config-write.ts'

export interface ConfigSection {
  /** Below the mount; parameters as in routes. */
  readonly path: string
  readonly params?: z.ZodType
  /** For people: `policies for everything`. */
  readonly what: string
  readonly tag: string
  /** Name of the schema in the documentation. */
  readonly schemaId: string
  readonly shape: Readonly<Record<string, z.ZodType>>
  /** In place of `shape`, where the names of its fields are anybody's: what each of them holds. */
  readonly values?: z.ZodType
  /** Nothing but the fields of `shape` may be sent: beside it stand sections that are not this one's. */
  readonly closed?: boolean
  /** Default: `config.write`. */
  readonly permission?: Permission
  readonly locate: (request: AdminRequest) => LocatePlace
  /** For the audit: `defaults.update`, `defaults`. */
  readonly noun: string
  readonly target: (request: AdminRequest) => string
  /** Whether it can be taken away as a whole. */
  readonly removable?: boolean
  readonly example: JsonObject
}

/** Read, replace and change a section of the config that is always there: as an empty one where nothing is written. */
export function configSection(section: ConfigSection, desk: ConfigDesk): readonly AnyRoute[] {
  const { path, what, tag, example } = section
  const { schema, whole, part } = schemasOf(section)
  const body = section.closed === true ? z.strictObject(loose(section.shape)) : looseBodySchema
  const sent = (request: AdminRequest) => {
    const fields = body.parse(request.body)
    return section.values === undefined ? sentFields(fields) : fields
  }
  const params = section.params === undefined ? {} : { params: section.params }
  const shared = { ...params, path, tag, permission: section.permission ?? 'config.write', canDryRun: true } as const
  const answers = { 200: { description: 'As it is written; with `dryRun` what would be changed', schema: z.union([schema, dryRunSchema]) } }
  const write = async (request: AdminRequest, next: (before: JsonObject) => unknown) => {
    const { noun, locate, target } = section
    const verb = { desk, request, locate: locate(request), action: `${noun}.update`, target: target(request), empty: {} }
    const result = await writeConfig({ ...verb, next: (before) => next(before ?? {}) })
    return writeAnswer(desk, result.kind === 'done' ? { ...result, created: false, place: present(result.place) } : result, asWritten)
  }
  const replacing = (request: AdminRequest) => write(request, () => sent(request))
  const patching = (request: AdminRequest) => write(request, (before) => applyMergePatch(before, sent(request)))
  return [
    defineRoute({
      ...params,
      path,
      tag,
      method: 'GET',
      permission: 'config.read',
      summary: `Read ${what}`,
      query: includeSchema,
      answers: { 200: { description: 'As it is written', schema } },
      example: { answer: example },
      handle: (request) => itemAnswer(desk, present(section.locate(request)(desk.state)), asWritten, request.query.include),
    }),
    defineRoute({
      ...shared,
      method: 'PUT',
      summary: `Replace ${what}`,
      description: `${CONDITION_NOTE} ${DRY_RUN_NOTE}`,
      body,
      documented: { body: whole },
      answers,
      example: { request: example, answer: example },
      handle: replacing,
    }),
    defineRoute({
      ...shared,
      method: 'PATCH',
      summary: `Change ${what}`,
      description: `A merge patch (RFC 7396): what is not named stays, \`null\` takes away. ${CONDITION_NOTE} ${DRY_RUN_NOTE}`,
      body,
      documented: { body: part },
      answers,
      example: { request: example, answer: example },
      handle: patching,
    }),
    ...(section.removable === true
      ? [
          defineRoute({
            ...shared,
            method: 'DELETE',
            summary: `Remove ${what}`,
            description: `${CONDITION_NOTE} ${DRY_RUN_NOTE}`,
            answers: {
              204: { description: 'Nothing is written there any more' },
              200: { description: 'With `dryRun`', schema: dryRunSchema },
            },
            handle: async (request) => {
              const { noun, locate, target } = section
              const write = { desk, request, locate: locate(request), action: `${noun}.delete`, target: target(request), empty: {} }
              const result = await writeConfig({ ...write, next: () => undefined })
              return writeAnswer(desk, result, asWritten)
            },
          }),
        ]
      : []),
  ]
}

function schemasOf({ shape, values, schemaId }: ConfigSection): Readonly<Record<'schema' | 'whole' | 'part', z.ZodType>> {
  const meta = { id: schemaId, description: 'As it is written in the config; secrets are masked.' }
  if (values === undefined) {
    const schema = z.looseObject({ ...shape, effective: z.unknown().optional() }).meta(meta)
    return { schema, whole: z.strictObject(shape), part: patchOf(shape) }
  }
  return {
    schema: z.record(z.string(), z.unknown()).meta(meta),
    whole: z.record(z.string(), values),
    part: z.record(z.string(), values.nullable()),
  }
}

/** The desk checks what stands in them. */
function loose(shape: ConfigSection['shape']): Readonly<Record<string, z.ZodType>> {
  return Object.fromEntries(Object.keys(shape).map((name) => [name, z.unknown().optional()]))
}

function present(place: ConfigPlace): ConfigPlace {
  return { ...place, written: place.written ?? {} }
}

/** Several of them in one answer, with one tag. */
export function sectionsAnswer(desk: ConfigDesk, sections: Readonly<Record<string, unknown>>) {
  return { body: sections, etag: tagOf(sections), headers: versionHeaders(desk) }
}
