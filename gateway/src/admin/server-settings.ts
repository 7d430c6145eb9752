import { configSchema } from '@jairouter/contract/config'
import { z } from 'zod'
import type { ConfigDesk } from '../versions/config-desk.ts'
import { includeSchema } from './config/config-answers.ts'
import { SECURITY_SECTIONS } from './config-security.ts'
import { sectionPlace } from './config/config-place.ts'
import { configSection, sectionsAnswer } from './config/config-section.ts'
import { defineRoute, type AnyRoute } from './route.ts'

/** Sections that have resources of their own. */
const ELSEWHERE: ReadonlySet<string> = new Set(['backends', 'models', 'adapters', 'defaults', 'services'])

interface Section {
  readonly name: string
  readonly shape: Readonly<Record<string, z.ZodType>>
}

const SECTIONS = Object.entries(configSchema.shape).flatMap(([name, schema]) => sectionOf(name, schema))

/** All sections of the config that are settings of the gateway itself. Who may come in, and where things are kept, is for admins to change. */
export function settingsRoutes({ desk }: { readonly desk: ConfigDesk }): readonly AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/settings',
      permission: 'config.read',
      tag: 'Settings',
      summary: 'Read all settings of the gateway itself',
      query: includeSchema,
      answers: {
        200: { description: 'The settings of each section as they are written', schema: z.record(z.string(), z.looseObject({})) },
      },
      example: { answer: { server: { port: 8080 }, log: {}, auth: { mode: 'required' } } },
      handle: ({ query }) => {
        const places = SECTIONS.map(({ name }) => [name, sectionPlace(name)(desk.state)] as const)
        const shown = places.map(([name, { written = {}, effective = {} }]) =>
          query.include === 'effective' ? [name, { ...written, effective }] : [name, written],
        )
        return sectionsAnswer(desk, Object.fromEntries(shown))
      },
    }),
    ...SECTIONS.flatMap(({ name, shape }) =>
      configSection(
        {
          path: `/settings/${name}`,
          what: `the settings "${name}"`,
          tag: 'Settings',
          schemaId: `${name.charAt(0).toUpperCase()}${name.slice(1)}Settings`,
          shape,
          permission: SECURITY_SECTIONS.has(name) ? 'config.security' : 'config.write',
          locate: () => sectionPlace(name),
          noun: 'settings',
          target: () => `settings/${name}`,
          example: EXAMPLES[name] ?? {},
        },
        desk,
      ),
    ),
  ]
}

const EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  server: { bodyLimit: '32mb', drain: { grace: '10m' } },
  log: { level: 'info' },
  auth: { mode: 'required' },
}

function sectionOf(name: string, schema: z.ZodType): readonly Section[] {
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema
  return inner instanceof z.ZodObject && !ELSEWHERE.has(name) ? [{ name, shape: inner.shape }] : []
}
