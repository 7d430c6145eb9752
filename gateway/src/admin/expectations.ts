import { configSchema } from '@jairouter/contract/config'
import type { ConfigDesk } from '../versions/config-desk.ts'
import { listPlace } from './config/config-place.ts'
import { configSection } from './config/config-section.ts'
import type { AnyRoute } from './route.ts'

/** What has to be so with every config: a list whose items have no names, so it is replaced as a whole. */
export function expectationRoutes({ desk }: { readonly desk: ConfigDesk }): readonly AnyRoute[] {
  const example = { expect: [{ key: 'ci', model: 'smart', goesTo: ['gpu-1'] }] }
  return configSection(
    {
      path: '/expectations',
      what: 'what has to be so with every config',
      tag: 'Config',
      schemaId: 'Expectations',
      shape: { expect: configSchema.shape.expect },
      closed: true,
      locate: () => listPlace('expect'),
      noun: 'expectations',
      target: () => 'expectations',
      example,
    },
    desk,
  )
}
