import { z } from 'zod'

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, kb: 1_024, mb: 1_024 ** 2, gb: 1_024 ** 3 }

/** A duration as it is written. */
export const durationText = z.string().regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'expected a duration such as 500ms, 30s, 5m or 1h')

/** `500ms`, `30s`, `5m`, `1h` -> milliseconds. A bare number is refused: it does not say its unit. */
export const duration = durationText.transform((text) =>
  Math.round(Number.parseFloat(text) * (DURATION_UNITS[text.replace(/[\d.]/g, '')] ?? 1)),
)

/** `512kb`, `32mb`, `1gb` -> bytes (powers of 1024). */
export const size = z
  .string()
  .regex(/^\d+(\.\d+)?(b|kb|mb|gb)$/i, 'expected a size such as 512kb, 32mb or 1gb')
  .transform((text) => Math.round(Number.parseFloat(text) * (SIZE_UNITS[text.replace(/[\d.]/g, '').toLowerCase()] ?? 1)))

const RATE_UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A rate as it is written. */
export const rateText = z.string().regex(/^[1-9]\d{0,11}\/(s|m|h|d)$/, 'expected a rate such as 10/s, 600/m or 100000/h')

/** `10/s`, `600/m`, `100000/h` -> how many in how many milliseconds. */
export const rate = rateText.transform((text) => {
  const [count, unit = 's'] = text.split('/')
  return { count: Number(count), perMs: Number(count) / (RATE_UNITS[unit] ?? 1_000) }
})
