import type { Prices } from '@jairouter/contract/prices'
import starting from './starting-prices.json' with { type: 'json' }

/** What comes with the gateway, by the names that backends know. */
export const STARTING_PRICES: Prices = starting.prices as Prices

/** Date of these prices. */
export const STARTING_PRICES_OF = starting.asOf
