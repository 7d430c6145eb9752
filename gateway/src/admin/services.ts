import { policySchema } from '@jairouter/contract/config'
import { SERVICES } from '@jairouter/contract/names'
import { z } from 'zod'
import type { ConfigDesk } from '../versions/config-desk.ts'
import { includeSchema } from './config/config-answers.ts'
import { sectionPlace } from './config/config-place.ts'
import { configSection, sectionsAnswer } from './config/config-section.ts'
import { defineRoute, type AdminRequest, type AnyRoute } from './route.ts'

const { shape } = policySchema
const params = z.object({ service: z.enum(SERVICES) })
const example = { balance: 'least-connections', retry: { attempts: 3 }, timeouts: { firstToken: '60s' } }

/** Policies for everything, and for one kind of work; those of a model are the model's own. */
export function serviceRoutes({ desk }: { readonly desk: ConfigDesk }): readonly AnyRoute[] {
  const serviceOf = ({ params }: AdminRequest) => String(Reflect.get(Object(params), 'service'))
  return [
    ...configSection(
      {
        path: '/defaults',
        what: 'the policies that hold for everything',
        tag: 'Policies',
        schemaId: 'Defaults',
        shape,
        locate: () => sectionPlace('defaults'),
        noun: 'defaults',
        target: () => 'defaults',
        example,
      },
      desk,
    ),
    defineRoute({
      method: 'GET',
      path: '/services',
      permission: 'config.read',
      tag: 'Policies',
      summary: 'Read the policies of all services',
      query: includeSchema,
      answers: {
        200: { description: 'The policies of each service as they are written', schema: z.record(z.string(), z.looseObject({})) },
      },
      example: { answer: { chat: example, embedding: {} } },
      handle: ({ query }) => {
        const places = SERVICES.map((service) => [service, sectionPlace('services', service)(desk.state)] as const)
        const shown = places.map(([service, { written = {}, effective = {} }]) =>
          query.include === 'effective' ? [service, { ...written, effective }] : [service, written],
        )
        return sectionsAnswer(desk, Object.fromEntries(shown))
      },
    }),
    ...configSection(
      {
        path: '/services/:service',
        params,
        what: 'the policies of a service',
        tag: 'Policies',
        schemaId: 'Service',
        shape,
        locate: (request) => sectionPlace('services', serviceOf(request)),
        noun: 'service',
        target: (request) => `services/${serviceOf(request)}`,
        removable: true,
        example,
      },
      desk,
    ),
  ]
}
