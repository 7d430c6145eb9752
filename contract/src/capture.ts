import { z } from 'zod'
import { CONTENT_SIDES } from './content-rules.ts'
import { size } from './units.ts'

/** Where captured contents go. */
export const CAPTURE_PLACES = ['history', 'traces'] as const
export type CapturePlace = (typeof CAPTURE_PLACES)[number]

/** Keeping what requests and answers say, with what the built-in matches find masked. */
export const captureSchema = z.strictObject({
  enabled: z.boolean().optional(),
  sides: z.array(z.enum(CONTENT_SIDES)).min(1).optional(),
  to: z.array(z.enum(CAPTURE_PLACES)).min(1).optional(),
  /** Of each side; what is beyond is cut off. */
  maxBytes: size.refine((bytes) => bytes >= 256 && bytes <= 1024 ** 2, 'expected a size from 256b to 1mb').optional(),
})
