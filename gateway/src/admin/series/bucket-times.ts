/** Beginnings of buckets in epoch seconds, and that of the last where it has not ended yet. */
export function bucketTimes(
  { from, widthMs, count }: { readonly from: number; readonly widthMs: number; readonly count: number },
  now: number,
): { readonly t: number[]; readonly openFrom?: number } {
  const t = Array.from({ length: count }, (_, index) => (from + index * widthMs) / 1_000)
  const last = t.at(-1)
  return { t, ...(last !== undefined && last * 1_000 + widthMs > now ? { openFrom: last } : {}) }
}
