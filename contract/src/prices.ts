import { z } from 'zod'
import { modelName } from './identifiers.ts'

/** Per million tokens. */
const price = z.number().min(0).max(1_000_000)
/** Of one picture, one second, one character. */
const unitPrice = z.number().min(0).max(10_000)

export const currency = z.string().regex(/^[A-Z]{3}$/, 'expected a currency such as USD')

const priceSchema = z.strictObject({
  input: price.default(0),
  /** Of a prompt's tokens that the backend had cached; `input` when left out. */
  cachedInput: price.optional(),
  output: price.default(0),
  /** Of an answer's tokens that are its reasoning; `output` when left out. */
  reasoning: price.optional(),
  image: unitPrice.optional(),
  audioSecond: unitPrice.optional(),
  character: unitPrice.optional(),
  currency: currency.default('USD'),
})

/** Public model name -> what its tokens cost. */
export const pricesSchema = z.record(modelName, priceSchema)

export type Prices = z.output<typeof pricesSchema>
