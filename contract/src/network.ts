import { z } from 'zod'

/** Where the gateway may connect to at an operator's word. Link-local addresses and metadata services of clouds are never among them. */
export const networkSchema = z
  .strictObject({
    /** Loopback and private ranges, where model servers live. */
    privateAddresses: z.boolean().default(true),
  })
  .default({ privateAddresses: true })
