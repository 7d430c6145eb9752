import { pricesSchema } from '@jairouter/contract/prices'
import type { ConfigDesk } from '../versions/config-desk.ts'
import { sectionPlace } from './config/config-place.ts'
import { configSection } from './config/config-section.ts'
import type { AnyRoute } from './route.ts'

/** What the tokens of each model cost. */
export function priceRoutes({ desk }: { readonly desk: ConfigDesk }): readonly AnyRoute[] {
  return configSection(
    {
      path: '/prices',
      what: 'the prices of models',
      tag: 'Config',
      schemaId: 'Prices',
      shape: {},
      values: pricesSchema.valueType,
      locate: () => sectionPlace('prices'),
      noun: 'prices',
      target: () => 'prices',
      example: { 'gpt-4o': { input: 2.5, output: 10, currency: 'USD' } },
    },
    desk,
  )
}
